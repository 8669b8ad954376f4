#include "worker/train/nn/blas.h"

#include <cblas.h>

void blas_multiply(float *c, size_t c_stride, struct blas_matrix a, struct blas_matrix b, size_t m, size_t n, size_t k,
    float alpha, float beta)
{
    if (m == 0 || n == 0)
        return;
    cblas_sgemm(CblasRowMajor, a.is_transposed ? CblasTrans : CblasNoTrans, b.is_transposed ? CblasTrans : CblasNoTrans,
        (blasint)m, (blasint)n, (blasint)k, alpha, a.at, (blasint)a.stride, b.at, (blasint)b.stride, beta, c,
        (blasint)c_stride);
}

void blas_use_one_thread(void)
{
    openblas_set_num_threads(1);
}

const char *blas_core_name(void)
{
    return openblas_get_corename();
}
