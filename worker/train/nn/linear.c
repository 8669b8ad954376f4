#include "worker/train/nn/linear.h"

#include <string.h>

#include "worker/train/nn/blas.h"

void linear_forward(float *y, const float *x, const float *w, const float *b, size_t B, size_t I, size_t O)
{
    for (size_t i = 0; i < B; i++)
        memcpy(y + i * O, b, sizeof *y * O);
    blas_multiply(y, O, blas_plain(x, I), blas_transposed(w, I), B, O, I, 1, 1);
}

void linear_backward(
    float *dx, float *dw, float *db, const float *dy, const float *x, const float *w, size_t B, size_t I, size_t O)
{
    for (size_t i = 0; i < B; i++)
        for (size_t o = 0; o < O; o++)
            db[o] += dy[i * O + o];
    blas_multiply(dw, I, blas_transposed(dy, O), blas_plain(x, I), O, I, B, 1, 1);
    if (dx)
        blas_multiply(dx, I, blas_plain(dy, O), blas_plain(w, I), B, I, O, 1, 0);
}

void relu_forward(float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] < 0 ? 0 : y[i];
}

void relu_backward(float *dy, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dy[i] = y[i] == 0 ? 0 : dy[i];
}
