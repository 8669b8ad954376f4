/* data_fixture.h: small data files in a temporary directory that goes with the program, and the real ones where they
 * are. */
#ifndef RUNG_TESTS_UNIT_DATA_FIXTURE_H
#define RUNG_TESTS_UNIT_DATA_FIXTURE_H

#include <lzma.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "common/base/mem.h"
#include "tests/scratch.h"
#include "tests/tap.h"
#include "worker/train/data/dataset.h"

static char fixture_names[64][320];
static int fixture_n_names;

/* The path of a file of that name in the temporary directory. */
__attribute__((unused)) static const char *fixture_path(const char *name)
{
    for (int i = 0; i < fixture_n_names; i++)
        if (strcmp(strrchr(fixture_names[i], '/') + 1, name) == 0)
            return fixture_names[i];
    if (fixture_n_names == 64)
        TAP_FAIL("more than 64 fixtures");
    char *path = fixture_names[fixture_n_names++];
    snprintf(path, sizeof fixture_names[0], "%s/%s", scratch_dir(), name);
    return path;
}

__attribute__((unused)) static const char *fixture_write(const char *name, const void *bytes, size_t len)
{
    const char *path = fixture_path(name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
        TAP_FAIL("%s cannot be written", path);
    return path;
}

/* Both return owned, with the length in *len. */
__attribute__((unused)) static void *fixture_xz(const void *bytes, size_t n, size_t *len)
{
    size_t cap = lzma_stream_buffer_bound(n);
    uint8_t *out = mem_alloc(cap);
    *len = 0;
    if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, n, out, len, cap) != LZMA_OK)
        TAP_FAIL("xz");
    return out;
}

__attribute__((unused)) static void *fixture_gzip(const void *bytes, size_t n, size_t *len)
{
    z_stream z = { 0 };
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        TAP_FAIL("gzip");
    size_t cap = deflateBound(&z, n) + 32;
    uint8_t *out = mem_alloc(cap);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        TAP_FAIL("gzip");
    *len = z.total_out;
    deflateEnd(&z);
    return out;
}

/* The path of a real data file; skips the test where RUNG_DATA does not lead to it. */
__attribute__((unused)) static void fixture_real(char *path, size_t cap, const char *name)
{
    const char *directory = getenv("RUNG_DATA");
    if (!directory)
        SKIP("RUNG_DATA is not set");
    snprintf(path, cap, "%s/%s", directory, name);
    if (access(path, R_OK) != 0)
        SKIP("RUNG_DATA has no %s", name);
}

#endif
