/* kernel_tile.h: the inner loop of all products: a tile of sums that stays in registers.
 * Pure: no I/O, no clock, no globals. Included only by kernel_*.c.
 *
 * A tile is ROWS rows of up to three vectors: with AVX-512, 24 sums, 3 weights and one broadcast number fill 28 of the
 * 32 registers, and there are 24 multiplications for 11 loads.
 */
#ifndef RUNG_WORKER_TRAIN_NN_KERNEL_TILE_H
#define RUNG_WORKER_TRAIN_NN_KERNEL_TILE_H

#include "worker/train/nn/kernel_vector.h"

#if KERNEL_WIDTH == 16
enum { ROWS = 8 };
#else
enum { ROWS = 4 };
#endif
enum { W = KERNEL_WIDTH, BLOCK = 3 * KERNEL_WIDTH };

/* Columns of a block: three vectors, or what is left. */
KERNEL_INLINE size_t block_columns(size_t left)
{
    return left >= BLOCK ? BLOCK : left >= 2 * W ? 2 * W : W;
}

/* sums[r][v] += a[r * a_row + k * a_step] * w[k * w_step + v W ..] over all k. R and V are constants where this is
 * inlined. */
KERNEL_INLINE void tile_product(vec (*sums)[3], const float *a, size_t a_row, size_t a_step, const float *w,
    size_t w_step, size_t K, const int R, const int V)
{
    for (size_t k = 0; k < K; k++, w += w_step, a += a_step) {
        vec wk[3];
        for (int v = 0; v < V; v++)
            wk[v] = vec_load(w + v * W);
        for (int r = 0; r < R; r++)
            for (int v = 0; v < V; v++)
                sums[r][v] += wk[v] * a[(size_t)r * a_row];
    }
}

#endif
