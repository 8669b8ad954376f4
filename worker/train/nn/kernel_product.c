/* Products of matrices in tiles of registers. Compiled once an instruction set; see worker/train/nn/kernels.h.
 *
 * Two shapes occur in a GRU, and neither needs the general machinery of a BLAS, which copies both factors first: rows
 * times weights, where the weights are packed once a step and used for thousands of rows; and the sum over all frames
 * of outer products, where both factors lie in memory as the tile reads them.
 */
#include "worker/train/nn/kernels.h"

#include "worker/train/nn/kernel_tile.h"

enum {
    CHUNK_FLOATS =
        64 << 10,       /* of the rows that pass through all blocks of weights: they stay in the second-level cache */
    CHUNK_FRAMES = 256, /* of a sum of outer products: a block's columns stay in the first-level cache */
};

void KERNEL_NAME(product_pack)(float *packed, const float *weights, size_t stride, size_t K, size_t N)
{
    for (size_t j = 0; j < N;) {
        size_t columns = block_columns(N - j);
        for (size_t k = 0; k < K; k++, packed += columns)
            memcpy(packed, weights + k * stride + j, sizeof *packed * columns);
        j += columns;
    }
}

/* Sums begin at zero, and what they are added to is fetched meanwhile: a stride apart, its rows are nothing that a
 * processor foresees. */
KERNEL_INLINE void begin_tile(vec (*sums)[3], const float *c, size_t stride, const int R, const int V)
{
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) {
            sums[r][v] = vec_all(0);
            __builtin_prefetch(c + (size_t)r * stride + (size_t)v * W, 1);
        }
}

KERNEL_INLINE void end_tile(float *c, size_t stride, vec (*sums)[3], bool adds, const int R, const int V)
{
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) {
            float *to = c + (size_t)r * stride + (size_t)v * W;
            vec_store(to, adds ? vec_load(to) + sums[r][v] : sums[r][v]);
        }
}

KERNEL_INLINE void rows_tile(
    const struct product *p, float *c, const float *a, const float *b, const int R, const int V)
{
    vec sums[ROWS][3];
    begin_tile(sums, c, p->c_stride, R, V);
    tile_product(sums, a, p->a_stride, 1, b, (size_t)V * W, p->K, R, V);
    end_tile(c, p->c_stride, sums, p->adds, R, V);
}

/* Rows first..last-1 of one block of columns. */
KERNEL_INLINE void rows_block(const struct product *p, size_t first, size_t last, size_t j, const float *b, const int V)
{
    size_t row = first;
    for (; row + ROWS <= last; row += ROWS)
        rows_tile(p, p->c + row * p->c_stride + j, p->a + row * p->a_stride, b, ROWS, V);
    if (ROWS > 4 && row + 4 <= last) {
        rows_tile(p, p->c + row * p->c_stride + j, p->a + row * p->a_stride, b, 4, V);
        row += 4;
    }
    for (; row < last; row++)
        rows_tile(p, p->c + row * p->c_stride + j, p->a + row * p->a_stride, b, 1, V);
}

static void rows_chunk(const struct product *p, size_t first, size_t last)
{
    const float *b = p->b;
    for (size_t j = 0; j < p->N;) {
        size_t columns = block_columns(p->N - j);
        if (columns == BLOCK)
            rows_block(p, first, last, j, b, 3);
        else if (columns == 2 * W)
            rows_block(p, first, last, j, b, 2);
        else
            rows_block(p, first, last, j, b, 1);
        b += p->K * columns;
        j += columns;
    }
}

void KERNEL_NAME(product_rows)(const struct product *given)
{
    const struct product p = *given;
    size_t chunk = CHUNK_FLOATS / (p.K + 1) / ROWS * ROWS;
    chunk = chunk < 4 * ROWS ? 4 * ROWS : chunk;
    for (size_t first = 0; first < p.M; first += chunk)
        rows_chunk(&p, first, first + chunk < p.M ? first + chunk : p.M);
}

/* One tile of c for the frames first..last-1. */
KERNEL_INLINE void outer_tile(
    const struct product *p, size_t first, size_t last, size_t i, size_t j, const int R, const int V)
{
    vec sums[ROWS][3];
    float *c = p->c + i * p->c_stride + j;
    begin_tile(sums, c, p->c_stride, R, V);
    tile_product(sums, p->a + first * p->a_stride + i, 1, p->a_stride, p->b + first * p->b_stride + j, p->b_stride,
        last - first, R, V);
    end_tile(c, p->c_stride, sums, first || p->adds, R, V);
}

KERNEL_INLINE void outer_block(const struct product *p, size_t first, size_t last, size_t j, const int V)
{
    for (size_t i = 0; i < p->M; i += ROWS)
        outer_tile(p, first, last, i, j, ROWS, V);
}

static void outer_chunk(const struct product *p, size_t first, size_t last)
{
    for (size_t j = 0; j < p->N;) {
        size_t columns = block_columns(p->N - j);
        if (columns == BLOCK)
            outer_block(p, first, last, j, 3);
        else if (columns == 2 * W)
            outer_block(p, first, last, j, 2);
        else
            outer_block(p, first, last, j, 1);
        j += columns;
    }
}

void KERNEL_NAME(product_outer)(const struct product *given)
{
    const struct product p = *given;
    if (p.K == 0 && !p.adds)
        for (size_t i = 0; i < p.M; i++)
            memset(p.c + i * p.c_stride, 0, sizeof *p.c * p.N);
    for (size_t first = 0; first < p.K; first += CHUNK_FRAMES)
        outer_chunk(&p, first, first + CHUNK_FRAMES < p.K ? first + CHUNK_FRAMES : p.K);
}
