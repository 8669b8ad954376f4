/* The worker's spool: a file of any bytes, and, as no fuzzer guesses checksums, a file of good records with some bytes
 * between them. Whatever is in it, it opens; what it gives is whole; and what is appended then is there at the next
 * opening, behind all that was given before.
 */
#include "common/base/crc32c.h"
#include "common/base/str.h"
#include "tests/fuzz/must.h"
#include "worker/spool/record.h"
#include "worker/spool/spool.h"

/* A sum over all that the spool gives, in order. */
static uint32_t sum_of(const struct spool *s)
{
    uint32_t sum = 0;
    size_t n = 0;
    struct err e = { 0 };
    for (uint64_t number = spool_next(s, 0); number; number = spool_next(s, number), n++) {
        size_t len;
        void *payload = spool_read(s, number, &len, &e);
        MUST(payload && len <= (1 << 20));
        sum = crc32c(sum, payload, len);
        free(payload);
    }
    MUST(n == spool_len(s));
    return sum;
}

static struct spool *open_spool(int dir, int *n_damaged)
{
    struct err e = { 0 };
    struct spool *s = spool_open(dir, n_damaged, &e);
    MUST(s);
    return s;
}

static void check(int dir, const void *bytes, size_t len, bool forgets)
{
    static const char outcome[] = "an outcome";
    struct err e = { 0 };
    uint64_t number;
    int n_damaged;
    int fd = openat(dir, "spool", O_RDWR | O_CREAT | O_TRUNC, 0600);
    MUST(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
    struct spool *s = open_spool(dir, &n_damaged);
    uint64_t first = spool_next(s, 0);
    if (forgets && first)
        MUST(spool_forget(s, first, &e) == 0);
    uint32_t before = sum_of(s);
    size_t n = spool_len(s);
    spool_close(s);
    s = open_spool(dir, &n_damaged);
    MUST(n_damaged == 0 && spool_len(s) == n && sum_of(s) == before);
    MUST(spool_append(s, outcome, sizeof outcome, &number, &e) == 0 && spool_sync(s, &e) == 0);
    spool_close(s);
    s = open_spool(dir, &n_damaged);
    MUST(n_damaged == 0 && spool_len(s) == n + 1 && sum_of(s) == crc32c(before, outcome, sizeof outcome));
    spool_close(s);
    unlinkat(dir, "spool.damaged", 0);
}

/* Each step of the input is a record, a tombstone for any place, or a few bytes of nothing. */
static void write_records(struct input *in, struct str *out)
{
    while (in->len > 0) {
        int what = input_below(in, 4);
        size_t len = input_take(in, 1) % 64;
        if (len > in->len)
            len = in->len;
        if (what == 0)
            record_add_tombstone(out, (int64_t)(len * input_take(in, 1)));
        else if (what == 1)
            str_add_bytes(out, in->bytes, len);
        else if (len > 0)
            record_add_outcome(out, in->bytes, len);
        in->bytes += what ? len : 0;
        in->len -= what ? len : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int dir = -1;
    struct input in = { bytes, len };
    struct str records = { 0 };
    if (dir < 0)
        MUST((dir = open(memory_directory(), O_RDONLY | O_DIRECTORY)) >= 0);
    check(dir, bytes, len, false);
    bool forgets = input_take(&in, 1) & 1;
    write_records(&in, &records);
    check(dir, str_text(&records), records.len, forgets);
    str_deinit(&records);
    return 0;
}
