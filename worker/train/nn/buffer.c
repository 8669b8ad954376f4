#include "worker/train/nn/buffer.h"

#include "common/base/mem.h"

float *buffer_new(size_t n)
{
    return mem_aligned(n, sizeof(float));
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
