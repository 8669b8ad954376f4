/* test_spool.c: outcomes on disk: torn at each byte, damaged, killed in the middle, forgotten, written anew. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/rng.h"
#include "common/io/files.h"
#include "tests/scratch.h"
#include "tests/tap.h"
#include "worker/spool/home.h"
#include "worker/spool/record.h"
#include "worker/spool/spool.h"

static int dir_fd = -1;
static char dir_path[512];

static void new_directory(const char *name)
{
    if (dir_fd >= 0)
        close(dir_fd);
    snprintf(dir_path, sizeof dir_path, "%s", scratch_path(name));
    CHECK_INT(mkdir(dir_path, 0700), 0);
    dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY);
    CHECK(dir_fd >= 0);
}

static struct spool *open_spool(int wanted_damaged)
{
    struct err e = { 0 };
    int n_damaged = -1;
    struct spool *s = spool_open(dir_fd, &n_damaged, &e);
    if (!s)
        TAP_FAIL("%s", e.text);
    CHECK_INT(n_damaged, wanted_damaged);
    return s;
}

static uint64_t append(struct spool *s, const char *text)
{
    struct err e = { 0 };
    uint64_t number = 0;
    if (spool_append(s, text, strlen(text), &number, &e) < 0)
        TAP_FAIL("%s", e.text);
    return number;
}

static void check_record(const struct spool *s, uint64_t number, const char *wanted)
{
    struct err e = { 0 };
    size_t len = 0;
    char *payload = spool_read(s, number, &len, &e);
    if (!payload)
        TAP_FAIL("%s", e.text);
    CHECK_INT(len, strlen(wanted));
    CHECK(memcmp(payload, wanted, len) == 0);
    free(payload);
}

static const char *file_path(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", dir_path, name);
    return path;
}

static int64_t file_size(const char *name)
{
    struct stat st;
    return stat(file_path(name), &st) < 0 ? -1 : (int64_t)st.st_size;
}

static void flip(int64_t offset)
{
    int fd = open(file_path("spool"), O_RDWR);
    unsigned char byte;
    CHECK_INT(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x40;
    CHECK_INT(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

TEST(what_was_appended_is_there_after_a_restart_in_its_order)
{
    new_directory("order");
    struct spool *s = open_spool(0);
    append(s, "one");
    append(s, "two");
    append(s, "three");
    CHECK_INT(spool_sync(s, NULL), 0);
    spool_close(s);
    s = open_spool(0);
    CHECK_INT(spool_len(s), 3);
    uint64_t n = spool_next(s, 0);
    check_record(s, n, "one");
    check_record(s, n = spool_next(s, n), "two");
    check_record(s, n = spool_next(s, n), "three");
    CHECK_INT(spool_next(s, n), 0);
    spool_close(s);
}

TEST(what_was_forgotten_stays_forgotten_and_an_empty_spool_is_an_empty_file)
{
    new_directory("forget");
    struct spool *s = open_spool(0);
    uint64_t one = append(s, "one"), two = append(s, "two");
    CHECK_INT(spool_forget(s, one, NULL), 0);
    CHECK_INT(spool_forget(s, one, NULL), 0);
    spool_close(s);
    s = open_spool(0);
    CHECK_INT(spool_len(s), 1);
    two = spool_next(s, 0);
    check_record(s, two, "two");
    CHECK_INT(spool_forget(s, two, NULL), 0);
    CHECK_INT(file_size("spool"), 0);
    append(s, "three");
    spool_close(s);
    s = open_spool(0);
    check_record(s, spool_next(s, 0), "three");
    spool_close(s);
}

TEST(a_tail_that_is_torn_at_any_byte_is_cut_off_and_the_rest_stays)
{
    new_directory("torn");
    struct spool *s = open_spool(0);
    append(s, "first");
    int64_t whole = file_size("spool");
    append(s, "second record");
    int64_t end = file_size("spool");
    spool_close(s);
    struct str bytes = { 0 };
    CHECK_INT(file_read(file_path("spool"), 1 << 20, &bytes, NULL), 0);
    for (int64_t cut = 0; cut < end; cut++) {
        CHECK_INT(file_write(file_path("spool"), bytes.text, (size_t)cut, 0600, NULL), 0);
        s = open_spool(0);
        CHECK_INT(spool_len(s), cut >= whole);
        CHECK_INT(file_size("spool"), cut >= whole ? whole : 0);
        append(s, "after"); /* and it goes on */
        spool_close(s);
        s = open_spool(0);
        CHECK_INT(spool_len(s), 1 + (cut >= whole));
        spool_close(s);
    }
    str_deinit(&bytes);
}

TEST(a_bit_that_flipped_anywhere_is_never_used_and_costs_one_record)
{
    new_directory("flipped");
    struct spool *s = open_spool(0);
    append(s, "first");
    int64_t begin = file_size("spool");
    append(s, "second");
    int64_t end = file_size("spool");
    append(s, "third");
    spool_close(s);
    struct str bytes = { 0 };
    CHECK_INT(file_read(file_path("spool"), 1 << 20, &bytes, NULL), 0);
    for (int64_t at = begin; at < end; at++) {
        CHECK_INT(file_write(file_path("spool"), bytes.text, bytes.len, 0600, NULL), 0);
        flip(at);
        s = open_spool(1);
        CHECK_INT(spool_len(s), 2);
        check_record(s, spool_next(s, 0), "first");
        check_record(s, spool_next(s, spool_next(s, 0)), "third");
        spool_close(s);
        s = open_spool(0); /* what was damaged is aside, and not reported again */
        CHECK_INT(spool_len(s), 2);
        spool_close(s);
        CHECK_INT(file_size("spool.damaged"), (at - begin + 1) * (end - begin));
    }
    str_deinit(&bytes);
}

TEST(a_damaged_last_record_is_damage_and_no_torn_tail)
{
    new_directory("last");
    struct spool *s = open_spool(0);
    append(s, "first");
    append(s, "second");
    int64_t end = file_size("spool");
    spool_close(s);
    flip(end - 1);
    s = open_spool(1);
    CHECK_INT(spool_len(s), 1);
    spool_close(s);
}

TEST(a_record_that_changes_on_disk_while_it_is_open_is_refused)
{
    struct err e;
    size_t len;
    new_directory("changes");
    struct spool *s = open_spool(0);
    uint64_t one = append(s, "one");
    flip(RECORD_HEADER + 1);
    CHECK(!spool_read(s, one, &len, &e));
    CHECK_INT(e.code, ERR_CORRUPT);
    spool_close(s);
}

TEST(a_record_inside_a_payload_is_no_record)
{
    struct str inner = { 0 };
    new_directory("inside");
    struct spool *s = open_spool(0);
    record_add_outcome(&inner, "x", 1);
    uint64_t number;
    CHECK_INT(spool_append(s, inner.text, inner.len, &number, NULL), 0);
    spool_close(s);
    s = open_spool(0);
    CHECK_INT(spool_len(s), 1);
    spool_close(s);
    str_deinit(&inner);
}

TEST(a_spool_of_which_most_is_forgotten_is_written_anew)
{
    struct rng r;
    char payload[4096];
    struct err e = { 0 };
    new_directory("anew");
    struct spool *s = open_spool(0);
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    uint64_t kept = append(s, "kept"), number;
    for (int i = 0; i < 2000; i++) {
        for (size_t k = 0; k < sizeof payload; k++)
            payload[k] = (char)rng_u64(&r);
        CHECK_INT(spool_append(s, payload, sizeof payload, &number, &e), 0);
        CHECK_INT(spool_forget(s, number, &e), 0);
        CHECK(file_size("spool") < 2 << 20);
    }
    check_record(s, kept, "kept");
    append(s, "last");
    spool_close(s);
    s = open_spool(0);
    CHECK_INT(spool_len(s), 2);
    check_record(s, spool_next(s, 0), "kept");
    CHECK_INT(file_size("spool.new"), -1);
    spool_close(s);
}

/* A child that appends numbers and tells each one on the pipe once it is durable, until it is killed. */
__attribute__((noreturn)) static void append_until_killed(int told)
{
    int n_damaged;
    struct spool *s = spool_open(dir_fd, &n_damaged, NULL);
    uint64_t number = 0, forgotten = 0;
    uint32_t value = 0;
    for (uint64_t n = s ? spool_next(s, 0) : 0; n; n = spool_next(s, n)) {
        size_t len;
        uint32_t *last = spool_read(s, n, &len, NULL);
        value = *last;
        free(last);
    }
    while (s) {
        value++;
        if (spool_append(s, &value, sizeof value, &number, NULL) < 0 || spool_sync(s, NULL) < 0 ||
            write(told, &value, sizeof value) != sizeof value)
            break;
        if (value % 7 == 0)
            spool_forget(s, forgotten = spool_next(s, forgotten), NULL);
    }
    _exit(1);
}

TEST(kill_9_at_any_instant_loses_nothing_that_was_durable)
{
    struct rng r;
    uint32_t told = 0;
    new_directory("killed");
    rng_derive(&r, 2, 0, RNG_TEST, 0);
    for (int round = 0; round < 60; round++) {
        int pipe_fd[2];
        uint32_t value, first = told;
        CHECK_INT(pipe(pipe_fd), 0);
        pid_t child = fork();
        if (child == 0)
            append_until_killed(pipe_fd[1]);
        close(pipe_fd[1]);
        for (uint64_t n = 1 + rng_below(&r, 40); n > 0 && read(pipe_fd[0], &value, sizeof value) == sizeof value; n--)
            told = value;
        kill(child, SIGKILL);
        while (read(pipe_fd[0], &value, sizeof value) == sizeof value)
            told = value;
        waitpid(child, NULL, 0);
        close(pipe_fd[0]);
        CHECK(told > first);
        struct spool *s = open_spool(0);
        uint64_t last = 0;
        for (uint64_t n = spool_next(s, 0); n; n = spool_next(s, n))
            last = n;
        size_t len = 0;
        uint32_t *payload = spool_read(s, last, &len, NULL);
        CHECK(payload != NULL);
        CHECK(*payload >= told);
        CHECK(*payload <= told + 1);
        told = *payload;
        free(payload);
        spool_close(s);
    }
}

/* ---- the directory ---- */

TEST(a_worker_is_the_same_after_a_restart_and_its_working_directories_are_emptied)
{
    struct home h;
    struct err e = { 0 };
    const char *path = scratch_path("home/deep");
    CHECK_INT(home_open(&h, path, 42, &e), 0);
    CHECK_INT(h.worker, 42);
    CHECK_INT(home_make_attempt(&h, "/ignored/7", &e), 0);
    char left[600];
    snprintf(left, sizeof left, "%s/7", h.attempts);
    CHECK_INT(access(left, F_OK), 0);
    home_close(&h);
    CHECK_INT(home_open(&h, path, 43, &e), 0);
    CHECK_INT(h.worker, 42);
    CHECK_INT(access(left, F_OK), -1);
    home_close(&h);
}

TEST(two_agents_on_one_directory_are_one_too_many)
{
    struct home one, two;
    struct err e = { 0 };
    const char *path = scratch_path("shared");
    CHECK_INT(home_open(&one, path, 1, &e), 0);
    CHECK_INT(home_open(&two, path, 2, &e), -1);
    CHECK_INT(e.code, ERR_BUSY);
    CHECK_CONTAINS(e.text, "--dir");
    home_close(&one);
    CHECK_INT(home_open(&two, path, 2, &e), 0);
    CHECK_INT(two.worker, 1);
    home_close(&two);
}

TEST(a_worker_id_that_is_no_number_is_refused_with_what_to_do)
{
    struct home h;
    struct err e = { 0 };
    const char *path = scratch_path("broken");
    CHECK_INT(mkdir(path, 0700), 0);
    char id[600];
    snprintf(id, sizeof id, "%s/worker.id", path);
    CHECK_INT(file_write(id, "12x\n", 4, 0600, &e), 0);
    CHECK_INT(home_open(&h, path, 1, &e), -1);
    CHECK_CONTAINS(e.text, "remove it");
}

TAP_MAIN
