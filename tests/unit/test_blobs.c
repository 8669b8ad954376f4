#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

#include "common/base/rng.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "tests/unit/blobs.h"

/* `len` bytes that depend on `seed`; borrows until the next call. */
static const char *some_bytes(uint64_t seed, size_t len)
{
    static char bytes[4 << 20];
    struct rng r;
    rng_derive(&r, seed, 0, RNG_TEST, 0);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)rng_u64(&r);
    return bytes;
}

TEST(the_hash_is_sha256)
{
    char hex[HASH_HEX];
    hash_bytes("", 0, hex);
    CHECK_TEXT(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_bytes("abc", 3, hex);
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct hash *h = hash_new();
    for (int i = 0; i < 1000; i++) {
        char a[1000];
        memset(a, 'a', sizeof a);
        hash_add(h, a, sizeof a);
    }
    hash_finish(h, hex);
    CHECK_TEXT(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    hash_add(h, "abc", 3);
    hash_finish(h, hex);
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_free(h);
}

TEST(only_64_hexadecimal_digits_are_a_name)
{
    struct blobs *b = open_store("names");
    static const char *const bad[] = { NULL, "", "../../../etc/passwd",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adx",
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "ba/816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = { 0 };
        char byte;
        size_t got;
        CHECK(!blobs_has(b, bad[i]));
        CHECK(!blob_writer_open(b, bad[i], 1, &e));
        CHECK_INT(e.code, ERR_INVALID);
        CHECK_INT(blobs_read(b, bad[i], 0, &byte, 1, &got, &e), -1);
        CHECK_INT(blobs_remove(b, bad[i], &e), -1);
    }
    blobs_close(b);
}

TEST(what_is_put_is_there_under_its_hash)
{
    struct blobs *b = open_store("put");
    struct err e = { 0 };
    struct str path = { 0 }, bytes = { 0 };
    char hash[HASH_HEX], same[HASH_HEX], part[4];
    int64_t size;
    size_t got;
    CHECK_INT(blobs_put_bytes(b, "hello world", 11, hash, &e), 0);
    CHECK_TEXT(hash, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    CHECK_INT(blobs_size(b, hash), 11);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    blobs_path(b, hash, &path);
    CHECK_CONTAINS(path.text, "/put/b9/b94d27b9934d3e08");
    CHECK_INT(file_read(path.text, 100, &bytes, &e), 0);
    CHECK_TEXT(bytes.text, "hello world");
    CHECK_INT(blobs_put_file(b, path.text, same, &size, &e), 0);
    CHECK_TEXT(same, hash);
    CHECK_INT(size, 11);
    CHECK_INT(blobs_read(b, hash, 9, part, sizeof part, &got, &e), 0);
    CHECK_INT(got, 2);
    CHECK_INT(strncmp(part, "ld", 2), 0);
    CHECK_INT(count_partial(scratch_path("put")), 0);
    CHECK_INT(blobs_remove(b, hash, &e), 0);
    CHECK_INT(blobs_remove(b, hash, &e), 0);
    CHECK(!blobs_has(b, hash));
    CHECK_INT(blobs_read(b, hash, 0, part, sizeof part, &got, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    str_deinit(&path);
    str_deinit(&bytes);
    blobs_close(b);
}

TEST(a_file_that_is_taken_moves_and_is_not_copied)
{
    struct blobs *b = open_store("take");
    struct err e = { 0 };
    struct str path = { 0 };
    struct stat before, after;
    char hash[HASH_HEX];
    int64_t size;
    const char *source = scratch_path("checkpoint");
    CHECK_INT(file_write(source, some_bytes(1, 3000000), 3000000, 0600, &e), 0);
    CHECK_INT(stat(source, &before), 0);
    CHECK_INT(blobs_take_file(b, source, hash, &size, &e), 0);
    CHECK_INT(size, 3000000);
    CHECK_INT(access(source, F_OK), -1);
    blobs_path(b, hash, &path);
    CHECK_INT(stat(path.text, &after), 0);
    CHECK(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    CHECK_INT(count_partial(scratch_path("take")), 0);
    CHECK_INT(blobs_take_file(b, scratch_path("absent"), hash, &size, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_INT(blobs_take_file(b, scratch_dir(), hash, &size, &e), -1);
    CHECK_CONTAINS(e.text, "not a plain file");
    str_deinit(&path);
    blobs_close(b);
}

TEST(a_file_of_another_file_system_is_taken_too)
{
    struct stat here, there;
    struct err e = { 0 };
    char hash[HASH_HEX], source[64];
    int64_t size;
    snprintf(source, sizeof source, "/dev/shm/rung-test-%d", (int)getpid());
    if (stat(scratch_dir(), &here) < 0 || stat("/dev/shm", &there) < 0 || here.st_dev == there.st_dev)
        SKIP("there is no second file system");
    struct blobs *b = open_store("across");
    CHECK_INT(file_write(source, "abc", 3, 0600, &e), 0);
    CHECK_INT(blobs_take_file(b, source, hash, &size, &e), 0);
    CHECK_INT(access(source, F_OK), -1);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    blobs_close(b);
}

TEST(a_blob_that_was_interrupted_goes_on)
{
    enum { SIZE = 1000003 };
    struct blobs *b = open_store("resume");
    struct err e = { 0 };
    char hash[HASH_HEX];
    const char *bytes = some_bytes(2, SIZE);
    hash_bytes(bytes, SIZE, hash);
    struct blob_writer *w = blob_writer_open(b, hash, SIZE, &e);
    write_up_to(w, bytes, 400000, 7777);
    CHECK_INT(blob_writer_finish(w, &e), -1);
    CHECK_INT(e.code, ERR_STATE);
    blob_writer_close(w);
    CHECK(!blobs_has(b, hash));
    w = blob_writer_open(b, hash, SIZE, &e);
    CHECK_INT(blob_writer_at(w), 400000);
    write_up_to(w, bytes, SIZE, 9999);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    CHECK_INT(blobs_size(b, hash), SIZE);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    CHECK_INT(count_partial(scratch_path("resume")), 0);
    blobs_close(b);
}

TEST(pieces_out_of_place_are_refused_and_change_nothing)
{
    struct blobs *b = open_store("pieces");
    struct err e = { 0 };
    char hash[HASH_HEX];
    hash_bytes("abcdef", 6, hash);
    struct blob_writer *w = blob_writer_open(b, hash, 6, &e);
    CHECK_INT(blob_writer_add(w, 0, "abc", 3, &e), 0);
    CHECK_INT(blob_writer_add(w, 0, "abc", 3, &e), -1);
    CHECK_INT(e.code, ERR_STATE);
    CHECK_INT(blob_writer_add(w, 4, "ef", 2, &e), -1);
    CHECK_INT(blob_writer_add(w, 3, "defg", 4, &e), -1);
    CHECK_INT(e.code, ERR_INVALID);
    CHECK_INT(blob_writer_add(w, 3, "def", 3, &e), 0);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    CHECK(!blob_writer_open(b, hash, BLOB_MAX + 1, &e));
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK(!blob_writer_open(b, hash, -1, &e));
    blobs_close(b);
}

TEST(bytes_of_another_hash_never_get_the_name)
{
    struct blobs *b = open_store("wrong");
    struct err e = { 0 };
    char hash[HASH_HEX];
    hash_bytes("abcdef", 6, hash);
    struct blob_writer *w = blob_writer_open(b, hash, 6, &e);
    write_up_to(w, "abcdeX", 6, 2);
    CHECK_INT(blob_writer_finish(w, &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    CHECK(!blobs_has(b, hash));
    CHECK_INT(blob_writer_at(w), 0);
    write_up_to(w, "abcdef", 6, 2);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    blobs_close(b);
}

TEST(an_empty_blob_is_a_blob)
{
    struct blobs *b = open_store("empty");
    struct err e = { 0 };
    char hash[HASH_HEX];
    hash_bytes("", 0, hash);
    struct blob_writer *w = blob_writer_open(b, hash, 0, &e);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    CHECK_INT(blobs_size(b, hash), 0);
    blobs_close(b);
}

/* Puts the same few blobs again and again, by each of the ways, until it is killed. */
static void put_for_ever(const char *store, unsigned number)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct blobs *b = blobs_open(store, NULL);
    for (unsigned i = number;; i++) {
        char hash[HASH_HEX];
        struct err e = { 0 };
        size_t len = 100000 + i % 5 * 300000;
        const char *bytes = some_bytes(i % 5, len);
        if (i % 2) {
            blobs_put_bytes(b, bytes, len, hash, &e);
            continue;
        }
        hash_bytes(bytes, len, hash);
        struct blob_writer *w = blob_writer_open(b, hash, (int64_t)len, &e);
        while (w && blob_writer_at(w) < (int64_t)len) {
            int64_t at = blob_writer_at(w), left = (int64_t)len - at;
            if (blob_writer_add(w, at, bytes + at, left > 50000 ? 50000 : (size_t)left, &e) < 0)
                _exit(1);
        }
        if (w && blob_writer_finish(w, &e) < 0 && e.code != ERR_CORRUPT)
            _exit(2);
        blob_writer_close(w);
    }
}

static int n_seen;

static bool verify_one(void *context, const char *hash, int64_t size, int64_t written_ms)
{
    struct err e = { 0 };
    n_seen++;
    if (blobs_verify(context, hash, &e) < 0)
        TAP_FAIL("%s", e.text);
    return true;
}

TEST(whatever_is_killed_what_has_a_name_is_whole)
{
    struct blobs *b = open_store("killed");
    const char *store = scratch_path("killed");
    struct rng r;
    rng_derive(&r, 3, 0, RNG_TEST, 0);
    pid_t pids[4];
    for (int i = 0; i < 4; i++)
        if ((pids[i] = fork()) == 0)
            put_for_ever(store, (unsigned)i);
    for (int i = 0; i < 60; i++) {
        usleep((useconds_t)rng_below(&r, 20000)); /* not a wait for anything: the instant of the kill is what varies */
        int victim = (int)rng_below(&r, 4), status;
        kill(pids[victim], SIGKILL);
        waitpid(pids[victim], &status, 0);
        CHECK(WIFSIGNALED(status));
        if ((pids[victim] = fork()) == 0)
            put_for_ever(store, (unsigned)i);
    }
    int64_t end_ms = system_monotonic_ms() + 60000;
    do { /* the survivors go on until all five are there */
        n_seen = 0;
        CHECK_INT(blobs_each(b, verify_one, b, NULL), 0);
    } while (n_seen < 5 && system_monotonic_ms() < end_ms);
    for (int i = 0; i < 4; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    CHECK_INT(n_seen, 5);
    blobs_close(b);
}

TEST(a_blob_that_was_damaged_on_disk_is_found_out)
{
    struct blobs *b = open_store("rot");
    struct err e = { 0 };
    struct str path = { 0 };
    char hash[HASH_HEX];
    CHECK_INT(blobs_put_bytes(b, "abcdef", 6, hash, &e), 0);
    blobs_path(b, hash, &path);
    CHECK_INT(file_write(path.text, "abcdeF", 6, 0600, &e), 0);
    CHECK_INT(blobs_verify(b, hash, &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    str_deinit(&path);
    blobs_close(b);
}

TEST(a_symbolic_link_is_no_blob)
{
    struct blobs *b = open_store("link");
    struct err e = { 0 };
    struct str path = { 0 };
    char hash[HASH_HEX], byte;
    size_t got;
    CHECK_INT(blobs_put_bytes(b, "abcdef", 6, hash, &e), 0);
    blobs_path(b, hash, &path);
    CHECK_INT(unlink(path.text), 0);
    CHECK_INT(symlink("/etc/passwd", path.text), 0);
    CHECK(!blobs_has(b, hash));
    CHECK_INT(blobs_read(b, hash, 0, &byte, 1, &got, &e), -1);
    CHECK_INT(blobs_put_bytes(b, "abcdef", 6, hash, &e), 0); /* takes the link's place */
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    str_deinit(&path);
    blobs_close(b);
}

static void *store_again_and_again(void *store)
{
    char hash[HASH_HEX];
    for (int i = 0; i < 200; i++)
        blobs_put_bytes(store, "abcdef", 6, hash, NULL);
    return NULL;
}

TEST(a_blob_that_is_stored_again_is_there_all_the_time)
{
    struct blobs *b = open_store("again");
    struct err e = { 0 };
    char hash[HASH_HEX];
    pthread_t threads[2];
    int missing = 0;
    CHECK_INT(blobs_put_bytes(b, "abcdef", 6, hash, &e), 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, store_again_and_again, b), 0);
    for (int i = 0; i < 2000; i++)
        missing += !blobs_has(b, hash);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(missing, 0);
    blobs_close(b);
}

TAP_MAIN
