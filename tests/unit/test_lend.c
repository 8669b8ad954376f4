/* Files that lie where they are: lent to a store of blobs, and known by their hash. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io/blobs.h"
#include "common/io/files.h"
#include "common/io/known_hash.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#define NOTED "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

TEST(a_file_elsewhere_stands_for_a_blob_as_long_as_it_has_its_size)
{
    char hash[HASH_HEX], bytes[8];
    size_t got;
    struct err e = { 0 };
    struct blobs *b = blobs_open(scratch_path("lending"), &e);
    CHECK(b != NULL);
    CHECK(file_write(scratch_path("lent"), "12345", 5, 0600, &e) == 0);
    hash_bytes("12345", 5, hash);
    CHECK(!blobs_has(b, hash));
    blobs_lend(b, hash, scratch_path("lent"), 5);
    CHECK_INT(blobs_size(b, hash), 5);
    CHECK(blobs_read(b, hash, 1, bytes, sizeof bytes, &got, &e) == 0);
    CHECK_INT(got, 4);
    CHECK(memcmp(bytes, "2345", 4) == 0);
    CHECK(file_write(scratch_path("lent"), "123456", 6, 0600, &e) == 0);
    CHECK(!blobs_has(b, hash));
    CHECK(blobs_read(b, hash, 0, bytes, sizeof bytes, &got, &e) < 0);
    blobs_close(b);
}

TEST(a_hash_is_known_until_the_file_changes)
{
    char first[HASH_HEX], again[HASH_HEX];
    int64_t size;
    struct err e = { 0 };
    struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    CHECK(file_write(scratch_path("data"), "12345", 5, 0600, &e) == 0);
    CHECK(utimensat(AT_FDCWD, scratch_path("data"), old, 0) == 0);
    CHECK(known_hash(scratch_path("cache"), scratch_path("data"), first, &size, &e) == 0);
    hash_bytes("12345", 5, again);
    CHECK_TEXT(first, again);
    CHECK_INT(size, 5);
    known_hash_note(scratch_path("cache"), scratch_path("data"), NOTED);
    CHECK(known_hash(scratch_path("cache"), scratch_path("data"), again, &size, &e) == 0);
    CHECK_TEXT(again, NOTED); /* it believed the note, so it did not read */
    CHECK(file_write(scratch_path("data"), "54321", 5, 0600, &e) == 0);
    CHECK(known_hash(scratch_path("cache"), scratch_path("data"), again, &size, &e) == 0);
    hash_bytes("54321", 5, first);
    CHECK_TEXT(again, first);
    CHECK(known_hash(scratch_path("cache"), scratch_path("nothing"), again, &size, &e) < 0);
}

TAP_MAIN
