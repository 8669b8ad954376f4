#include "common/base/crc32c.h"

#include <string.h>

/* The processor's instruction where it has one (SSE 4.2), else a loop over bits: only old machines take that road. */

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t update_fast(uint32_t crc, const unsigned char *p, size_t len)
{
    uint64_t wide = crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len; p++, len--)
        crc = __builtin_ia32_crc32qi(crc, *p);
    return crc;
}
#endif

static uint32_t update_plain(uint32_t crc, const unsigned char *p, size_t len)
{
    for (; len; p++, len--) {
        crc ^= *p;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82f63b78u & -(crc & 1));
    }
    return crc;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t len)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return ~update_fast(~crc, bytes, len);
#endif
    return ~update_plain(~crc, bytes, len);
}
