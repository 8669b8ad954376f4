#include "worker/spool/record.h"

#include <string.h>

#include "common/base/crc32c.h"
#include "common/base/limits.h"

#define MAGIC 0x31505352U    /* "RSP1" */
#define KIND_BIT 0x80000000U /* of the length: a tombstone */
#define TOMBSTONE_BYTES 8

static void put_u32(char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(unsigned char)(value >> (8 * i));
}

static uint64_t get_bytes(const char *from, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++)
        value |= (uint64_t)(unsigned char)from[i] << (8 * i);
    return value;
}

static uint32_t get_u32(const char *from)
{
    return (uint32_t)get_bytes(from, 4);
}

static void add_record(struct str *out, uint32_t kind_bit, const void *payload, size_t len)
{
    char header[RECORD_HEADER];
    put_u32(header, MAGIC);
    put_u32(header + 4, kind_bit | (uint32_t)len);
    put_u32(header + 8, crc32c(0, payload, len));
    put_u32(header + 12, crc32c(0, header, 12));
    str_add_bytes(out, header, sizeof header);
    str_add_bytes(out, payload, len);
}

void record_add_outcome(struct str *out, const void *payload, size_t len)
{
    add_record(out, 0, payload, len);
}

void record_add_tombstone(struct str *out, int64_t forgotten)
{
    char payload[TOMBSTONE_BYTES];
    put_u32(payload, (uint32_t)forgotten);
    put_u32(payload + 4, (uint32_t)(forgotten >> 32));
    add_record(out, KIND_BIT, payload, sizeof payload);
}

static bool has_header(const char *bytes, size_t len)
{
    return len >= RECORD_HEADER && get_u32(bytes) == MAGIC && get_u32(bytes + 12) == crc32c(0, bytes, 12);
}

bool record_is_refuted(const char *bytes, size_t len)
{
    struct record r;
    return has_header(bytes, len) && (get_u32(bytes + 4) & ~KIND_BIT) <= len - RECORD_HEADER &&
           !record_read(bytes, len, &r);
}

bool record_read(const char *bytes, size_t len, struct record *out)
{
    if (!has_header(bytes, len))
        return false;
    uint32_t word = get_u32(bytes + 4);
    struct record r = { .kind = word & KIND_BIT ? RECORD_TOMBSTONE : RECORD_OUTCOME,
        .len = word & ~KIND_BIT,
        .payload = bytes + RECORD_HEADER };
    if (r.len > LIMIT_FRAME || r.len > len - RECORD_HEADER || get_u32(bytes + 8) != crc32c(0, r.payload, r.len))
        return false;
    if (r.kind == RECORD_TOMBSTONE && r.len != TOMBSTONE_BYTES)
        return false;
    if (r.kind == RECORD_TOMBSTONE)
        r.forgotten = (int64_t)get_bytes(r.payload, TOMBSTONE_BYTES);
    *out = r;
    return true;
}

size_t record_find(const char *bytes, size_t len, size_t from)
{
    static const char magic[] = "RSP1";
    struct record r;
    for (size_t at = from; at < len; at++) {
        const char *found = memmem(bytes + at, len - at, magic, 4);
        if (!found)
            return len;
        at = (size_t)(found - bytes);
        if (record_read(found, len - at, &r))
            return at;
    }
    return len;
}
