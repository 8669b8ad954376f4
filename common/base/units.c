#include "common/base/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t size;
};

/* Largest first: the order in which a duration names them. */
static const struct unit durations[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
    { "ms", 1 } };

/* Largest first: the order in which units_put_bytes tries them. */
static const struct unit sizes[] = { { "TiB", INT64_C(1) << 40 }, { "TB", 1000000000000 }, { "GiB", 1 << 30 },
    { "GB", 1000000000 }, { "MiB", 1 << 20 }, { "MB", 1000000 }, { "KiB", 1 << 10 }, { "kB", 1000 }, { "KB", 1000 },
    { "B", 1 } };

enum { N_DURATIONS = sizeof durations / sizeof *durations, N_SIZES = sizeof sizes / sizeof *sizes };

/* Reads digits at *p and passes them. False when there are none or they do not fit. */
static bool parse_digits(const char **p, int64_t *out)
{
    int64_t value = 0;
    const char *from = *p;
    for (; **p >= '0' && **p <= '9'; ++*p)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (int64_t)(**p - '0'), &value))
            return false;
    *out = value;
    return *p > from;
}

/* The unit whose name is the letters at *p, which it passes, or -1. */
static int parse_unit(const char **p, const struct unit *units, int n)
{
    size_t len = strspn(*p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (int i = 0; i < n; i++)
        if (strlen(units[i].name) == len && memcmp(units[i].name, *p, len) == 0) {
            *p += len;
            return i;
        }
    return -1;
}

bool units_parse_duration(const char *text, int64_t *out_ms)
{
    int64_t total = 0;
    int last = -1;
    if (!*text)
        return false;
    for (const char *p = text; *p;) {
        int64_t count;
        if (!parse_digits(&p, &count))
            return false;
        int unit = parse_unit(&p, durations, N_DURATIONS);
        if (unit <= last || __builtin_mul_overflow(count, durations[unit].size, &count) ||
            __builtin_add_overflow(total, count, &total))
            return false;
        last = unit;
    }
    *out_ms = total;
    return true;
}

void units_put_duration(struct str *s, int64_t ms)
{
    if (ms == 0)
        str_add(s, "0s");
    for (int i = 0; i < N_DURATIONS; i++) {
        if (ms / durations[i].size > 0)
            str_addf(s, "%" PRId64 "%s", ms / durations[i].size, durations[i].name);
        ms %= durations[i].size;
    }
}

bool units_parse_bytes(const char *text, int64_t *out_bytes)
{
    const char *p = text;
    int64_t count;
    if (!parse_digits(&p, &count))
        return false;
    int unit = parse_unit(&p, sizes, N_SIZES);
    if (unit < 0 || *p || __builtin_mul_overflow(count, sizes[unit].size, &count))
        return false;
    *out_bytes = count;
    return true;
}

void units_put_bytes(struct str *s, int64_t bytes)
{
    int i = 0;
    while (bytes % sizes[i].size != 0 || (bytes == 0 && sizes[i].size > 1))
        i++;
    str_addf(s, "%" PRId64 "%s", bytes / sizes[i].size, sizes[i].name);
}
