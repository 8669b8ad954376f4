#include "worker/train/nn/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE_BYTES = 2 << 20, LINE_BYTES = 64 };

float *buffer_new(size_t n)
{
    size_t bytes = (n * sizeof(float) + LINE_BYTES) / LINE_BYTES * LINE_BYTES, alignment = LINE_BYTES;
    if (n > SIZE_MAX / (2 * sizeof(float)))
        abort();
    if (bytes >= HUGE_PAGE_BYTES) {
        alignment = HUGE_PAGE_BYTES;
        bytes = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    }
    float *buffer = aligned_alloc(alignment, bytes);
    if (!buffer)
        abort();
    if (alignment == HUGE_PAGE_BYTES)
        madvise(buffer, bytes, MADV_HUGEPAGE); /* a wish: without it all is slower and the same */
    memset(buffer, 0, bytes);
    return buffer;
}

size_t buffer_columns(size_t columns)
{
    return (columns + 15) / 16 * 16;
}

size_t buffer_stride(size_t columns)
{
    size_t stride = buffer_columns(columns);
    return stride % 256 == 0 ? stride + 16 : stride;
}
