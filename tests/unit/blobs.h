/* blobs.h: what the tests of blobs share. */
#ifndef RUNG_TESTS_UNIT_BLOBS_H
#define RUNG_TESTS_UNIT_BLOBS_H

#include "common/io/blobs.h"
#include "tests/scratch.h"
#include "tests/tap.h"

static inline struct blobs *open_store(const char *name)
{
    struct err e = { 0 };
    struct blobs *b = blobs_open(scratch_path(name), &e);
    if (!b)
        TAP_FAIL("%s", e.text);
    return b;
}

static inline int count_partial(const char *store)
{
    char command[600];
    snprintf(command, sizeof command, "ls '%s/partial' | wc -l", store);
    FILE *f = popen(command, "r");
    int n = -1;
    if (fscanf(f, "%d", &n) != 1)
        n = -1;
    pclose(f);
    return n;
}

/* Writes `bytes` in pieces of `step`, from where the writer is up to `to`. */
static inline void write_up_to(struct blob_writer *w, const char *bytes, int64_t to, int64_t step)
{
    struct err e = { 0 };
    while (blob_writer_at(w) < to) {
        int64_t at = blob_writer_at(w), len = at + step > to ? to - at : step;
        if (blob_writer_add(w, at, bytes + at, (size_t)len, &e) < 0)
            TAP_FAIL("%s", e.text);
    }
}

#endif
