#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io/files.h"
#include "common/io/system.h"
#include "tests/unit/blobs.h"

TEST(a_partial_file_that_was_damaged_is_noticed_and_begun_again)
{
    struct blobs *b = open_store("damaged");
    struct err e = { 0 };
    struct str partial = { 0 };
    char hash[HASH_HEX];
    hash_bytes("abcdef", 6, hash);
    str_addf(&partial, "%s/partial/%s", scratch_path("damaged"), hash);
    CHECK_INT(file_write(partial.text, "abX", 3, 0600, &e), 0);
    struct blob_writer *w = blob_writer_open(b, hash, 6, &e);
    CHECK_INT(blob_writer_at(w), 3);
    write_up_to(w, "abcdef", 6, 2);
    CHECK_INT(blob_writer_finish(w, &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    blob_writer_close(w);
    CHECK_INT(file_write(partial.text, "longer than the blob", 20, 0600, &e), 0);
    w = blob_writer_open(b, hash, 6, &e);
    CHECK_INT(blob_writer_at(w), 0);
    write_up_to(w, "abcdef", 6, 6);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    str_deinit(&partial);
    blobs_close(b);
}

/* What files say about rights holds for root too, from now on in this thread. */
static void obey_file_modes(void)
{
    struct __user_cap_header_struct who = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct caps[2];
    if (syscall(SYS_capget, &who, caps) < 0)
        TAP_FAIL("capget: %s", strerror(errno));
    caps[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
    if (syscall(SYS_capset, &who, caps) < 0)
        TAP_FAIL("capset: %s", strerror(errno));
}

/* It has all its bytes, and nobody but root may write it any more. */
static void leave_unnamed(const char *store, const char *hash)
{
    struct str partial = { 0 };
    struct err e = { 0 };
    str_addf(&partial, "%s/partial/%s", scratch_path(store), hash);
    CHECK_INT(file_write(partial.text, "abcdef", 6, 0400, &e), 0);
    str_deinit(&partial);
}

TEST(a_blob_whose_writer_was_killed_before_it_had_its_name_is_gone_on_with_and_swept)
{
    struct blobs *b = open_store("unnamed");
    struct err e = { 0 };
    char hash[HASH_HEX];
    hash_bytes("abcdef", 6, hash);
    obey_file_modes();
    leave_unnamed("unnamed", hash);
    struct blob_writer *w = blob_writer_open(b, hash, 6, &e);
    CHECK(w);
    CHECK_INT(blob_writer_at(w), 6);
    CHECK_INT(blob_writer_finish(w, &e), 0);
    blob_writer_close(w);
    CHECK_INT(blobs_verify(b, hash, &e), 0);
    leave_unnamed("unnamed", hash);
    CHECK_INT(blobs_sweep(b, system_wall_ms() + 3600000, &e), 0);
    CHECK_INT(count_partial(scratch_path("unnamed")), 0);
    blobs_close(b);
}

TEST(two_writers_of_one_blob_do_not_meet)
{
    struct blobs *a = open_store("two"), *b = open_store("two");
    struct err e = { 0 };
    char hash[HASH_HEX];
    hash_bytes("abcdef", 6, hash);
    struct blob_writer *first = blob_writer_open(a, hash, 6, &e), *second = blob_writer_open(b, hash, 6, &e);
    write_up_to(first, "abcdef", 3, 3);
    CHECK_INT(blob_writer_at(second), 0);
    write_up_to(second, "abcdef", 6, 2);
    CHECK_INT(blob_writer_finish(second, &e), 0);
    write_up_to(first, "abcdef", 6, 2);
    CHECK_INT(blob_writer_finish(first, &e), 0);
    blob_writer_close(first);
    blob_writer_close(second);
    CHECK_INT(blobs_verify(a, hash, &e), 0);
    first = blob_writer_open(a, hash, 6, &e);
    second = blob_writer_open(b, hash, 6, &e);
    blob_writer_close(second); /* leaves nothing: nobody would find it again */
    blob_writer_close(first);
    CHECK_INT(count_partial(scratch_path("two")), 1);
    blobs_close(a);
    blobs_close(b);
}

TEST(old_partial_files_are_swept_unless_somebody_writes_them)
{
    struct blobs *b = open_store("sweep");
    struct err e = { 0 };
    char hash[2][HASH_HEX];
    struct blob_writer *w[2];
    for (int i = 0; i < 2; i++) {
        hash_bytes("abcdef", (size_t)(6 - i), hash[i]);
        w[i] = blob_writer_open(b, hash[i], 6 - i, &e);
        write_up_to(w[i], "abcdef", 2, 2);
    }
    blob_writer_close(w[1]);
    CHECK_INT(blobs_sweep(b, system_wall_ms() - 3600000, &e), 0);
    CHECK_INT(count_partial(scratch_path("sweep")), 2);
    CHECK_INT(blobs_sweep(b, system_wall_ms() + 3600000, &e), 0);
    CHECK_INT(count_partial(scratch_path("sweep")), 1);
    write_up_to(w[0], "abcdef", 6, 2);
    CHECK_INT(blob_writer_finish(w[0], &e), 0);
    blob_writer_close(w[0]);
    blobs_close(b);
}

TAP_MAIN
