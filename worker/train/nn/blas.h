/* blas.h: products of matrices, row-major, on OpenBLAS with one thread.
 * Pure: no I/O, no clock, no globals of ours.
 */
#ifndef RUNG_WORKER_TRAIN_NN_BLAS_H
#define RUNG_WORKER_TRAIN_NN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* A matrix as a product sees it: `stride` floats from row to row as stored; transposed: the factor is its transpose. */
struct blas_matrix {
    const float *at;
    size_t stride;
    bool is_transposed;
};

static inline struct blas_matrix blas_plain(const float *at, size_t stride)
{
    return (struct blas_matrix){ at, stride, false };
}

static inline struct blas_matrix blas_transposed(const float *at, size_t stride)
{
    return (struct blas_matrix){ at, stride, true };
}

/* c (m, n) = beta * c + alpha * a (m, k) b (k, n). Any of m, n, k may be 0. With beta 0, c is not read. */
void blas_multiply(float *c, size_t c_stride, struct blas_matrix a, struct blas_matrix b, size_t m, size_t n, size_t k,
    float alpha, float beta);

/* Keep OpenBLAS to one thread: a trial has one processor, and a second thread slows the small products. Called by
 * model_new. */
void blas_use_one_thread(void);

/* The kernels that OpenBLAS picked for this processor, as "Haswell". */
const char *blas_core_name(void);

#endif
