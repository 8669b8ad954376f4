#include "common/base/limits.h"
#include "common/base/str.h"
#include "tests/unit/data_fixture.h"
#include "worker/train/data/lines.h"
#include "worker/train/data/source.h"

#include <sys/stat.h>

/* Reads all of s and closes it: 0 with the bytes in out, or -1. */
static int read_all(struct source *s, struct str *out, struct err *e)
{
    static char piece[1000];
    ssize_t n = s ? 0 : -1;
    while (s && (n = source_read(s, piece, sizeof piece, e)) > 0)
        str_add_bytes(out, piece, (size_t)n);
    source_close(s);
    return n < 0 ? -1 : 0;
}

/* Numbers enough for several of the reader's chunks. */
static void fill(struct str *text)
{
    for (int i = 0; i < 60000; i++)
        str_addf(text, "%d %d\n", i, (int)((unsigned)i * 2654435761u % 10007u));
}

static void *(*const packs[])(const void *bytes, size_t n, size_t *len) = { fixture_gzip, fixture_xz };

TEST(packed_files_give_their_bytes_whatever_they_are_called)
{
    struct str text = { 0 };
    fill(&text);
    for (size_t k = 0; k < 2; k++) {
        struct str got = { 0 };
        struct err e = { 0 };
        size_t len;
        void *packed = packs[k](text.text, text.len, &len);
        const char *path = fixture_write("data.txt", packed, len);
        CHECK_INT(read_all(source_open(path, &e), &got, &e), 0);
        CHECK_INT(got.len, text.len);
        CHECK(memcmp(got.text, text.text, text.len) == 0);
        free(packed);
        str_deinit(&got);
    }
    str_deinit(&text);
}

TEST(archives_that_were_joined_are_read_to_the_end)
{
    for (size_t k = 0; k < 2; k++) {
        struct str joined = { 0 }, got = { 0 };
        struct err e = { 0 };
        for (int i = 0; i < 3; i++) {
            size_t len;
            void *packed = packs[k]("12345\n", 6, &len);
            str_add_bytes(&joined, packed, len);
            free(packed);
        }
        CHECK_INT(read_all(source_open_bytes(joined.text, joined.len, &e), &got, &e), 0);
        CHECK_TEXT(str_text(&got), "12345\n12345\n12345\n");
        str_deinit(&joined);
        str_deinit(&got);
    }
}

TEST(an_archive_cut_anywhere_is_refused)
{
    struct str text = { 0 };
    fill(&text);
    for (size_t k = 0; k < 2; k++) {
        size_t len;
        void *packed = packs[k](text.text, text.len, &len);
        for (size_t cut = 6; cut < len; cut += cut < 40 || cut > len - 40 ? 1 : 2999) {
            struct str got = { 0 };
            struct err e = { 0 };
            if (read_all(source_open_bytes(packed, cut, &e), &got, &e) == 0)
                TAP_FAIL("%zu of %zu bytes were taken", cut, len);
            CHECK_INT(e.code, ERR_CORRUPT);
            CHECK_CONTAINS(e.text, "cut off");
            str_deinit(&got);
        }
        free(packed);
    }
    str_deinit(&text);
}

TEST(an_archive_with_a_wrong_byte_is_refused)
{
    struct str text = { 0 };
    fill(&text);
    for (size_t k = 0; k < 2; k++) {
        size_t len;
        unsigned char *packed = packs[k](text.text, text.len, &len);
        for (size_t at = 12; at < len; at += 1777) {
            struct str got = { 0 };
            struct err e = { 0 };
            packed[at] ^= 0x20;
            if (read_all(source_open_bytes(packed, len, &e), &got, &e) == 0)
                TAP_FAIL("a wrong byte %zu of %zu was taken", at, len);
            CHECK_INT(e.code, ERR_CORRUPT);
            packed[at] ^= 0x20;
            str_deinit(&got);
        }
        free(packed);
    }
    str_deinit(&text);
}

TEST(bytes_behind_an_archive_are_refused)
{
    for (size_t k = 0; k < 2; k++) {
        struct str bytes = { 0 }, got = { 0 };
        struct err e = { 0 };
        size_t len;
        void *packed = packs[k]("12345\n", 6, &len);
        str_add_bytes(&bytes, packed, len);
        str_add(&bytes, "tail");
        CHECK_INT(read_all(source_open_bytes(bytes.text, bytes.len, &e), &got, &e), -1);
        CHECK_INT(e.code, ERR_CORRUPT);
        free(packed);
        str_deinit(&bytes);
        str_deinit(&got);
    }
}

/* A small archive of 100 MB of blanks: refused long before it is unpacked. */
TEST(an_archive_that_grows_beyond_reason_is_refused)
{
    size_t n = 100000000, len;
    char *blanks = mem_alloc(n), piece[4096];
    memset(blanks, ' ', n);
    for (size_t k = 0; k < 2; k++) {
        struct err e = { 0 };
        void *packed = packs[k](blanks, n, &len);
        struct source *s = source_open_bytes(packed, len, &e);
        size_t got = 0;
        ssize_t m;
        while ((m = source_read(s, piece, sizeof piece, &e)) > 0)
            got += (size_t)m;
        CHECK_INT(m, -1);
        CHECK_INT(e.code, ERR_LIMIT);
        CHECK_CONTAINS(e.text, "grows to more than 200 times its size");
        CHECK(got >= LIMIT_DATA_FREE && got < LIMIT_DATA_FREE + 2000000);
        source_close(s);
        free(packed);
    }
    free(blanks);
}

TEST(other_archives_and_things_that_are_no_files_are_told)
{
    struct err e = { 0 };
    CHECK(source_open_bytes("PK\3\4....", 8, &e) == NULL);
    CHECK_CONTAINS(e.text, "a zip archive is not read");
    CHECK(source_open_bytes("\x28\xb5\x2f\xfd....", 8, &e) == NULL);
    CHECK_CONTAINS(e.text, "a zstd archive");
    CHECK(source_open("/", &e) == NULL);
    CHECK_CONTAINS(e.text, "not a regular file");
    CHECK(source_open(fixture_path("absent"), &e) == NULL);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    const char *fifo = fixture_path("fifo");
    CHECK_INT(mkfifo(fifo, 0600), 0);
    CHECK(source_open(fifo, &e) == NULL);
    CHECK_INT(e.code, ERR_INVALID);
}

static struct lines *open_text(const char *text, size_t len)
{
    struct err e;
    return lines_open(source_open_bytes(text, len, &e), "f");
}

TEST(lines_come_without_their_ends_and_the_last_needs_none)
{
    static const char *const wanted[] = { "a", "", "b c", "\rd", "e" };
    struct lines *l = open_text("a\n\r\nb c\r\n\rd\ne", 13);
    struct line line;
    struct err e;
    for (size_t i = 0; i < 5; i++) {
        CHECK_INT(lines_next(l, &line, &e), 1);
        CHECK_TEXT(line.text, wanted[i]);
        CHECK_INT(line.len, strlen(wanted[i]));
        CHECK_INT(line.number, i + 1);
    }
    CHECK_INT(lines_next(l, &line, &e), 0);
    CHECK_INT(lines_next(l, &line, &e), 0);
    lines_close(l);
}

TEST(an_empty_file_has_no_lines)
{
    struct lines *l = open_text("", 0);
    struct line line;
    struct err e;
    CHECK_INT(lines_next(l, &line, &e), 0);
    lines_close(l);
}

TEST(lines_longer_than_the_buffer_come_whole)
{
    struct str text = { 0 };
    struct line line;
    struct err e;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 300000 * (i + 1); k++)
            str_add_char(&text, (char)('a' + (k + i) % 26));
        str_add_char(&text, '\n');
    }
    struct lines *l = open_text(text.text, text.len);
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(lines_next(l, &line, &e), 1);
        CHECK_INT(line.len, 300000 * (i + 1));
        CHECK(memcmp(line.text, text.text + at, line.len) == 0);
        at += line.len + 1;
    }
    CHECK_INT(lines_next(l, &line, &e), 0);
    lines_close(l);
    str_deinit(&text);
}

TEST(a_line_without_end_is_refused_by_its_number)
{
    size_t n = LIMIT_DATA_LINE + 100;
    char *text = mem_alloc(n);
    memset(text, 'x', n);
    text[0] = '\n';
    struct lines *l = open_text(text, n);
    struct line line;
    struct err e;
    CHECK_INT(lines_next(l, &line, &e), 1);
    CHECK_INT(lines_next(l, &line, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 2: longer than");
    lines_close(l);
    free(text);
}

TEST(a_failure_names_file_and_line_and_shows_only_what_can_be_shown)
{
    char shown[LINES_EXCERPT];
    struct lines *l = open_text("x\ny\n", 4);
    struct line line;
    struct err e;
    lines_next(l, &line, &e);
    lines_next(l, &line, &e);
    CHECK_INT(lines_fail(l, &e, ERR_INVALID, "no %s", "tea"), -1);
    CHECK_TEXT(e.text, "f: line 2: no tea");
    lines_close(l);
    const char *text = "ab\033[1m,c";
    CHECK_TEXT(lines_excerpt(shown, text, text + strlen(text)), "ab?[1m");
    char many[100];
    memset(many, 'z', sizeof many);
    CHECK_TEXT(lines_excerpt(shown, many, many + sizeof many), "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...");
}

TAP_MAIN
