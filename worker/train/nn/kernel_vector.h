/* kernel_vector.h: vectors of KERNEL_WIDTH floats in the compilers' own extension, and tanh, sigmoid and exp on them.
 * Pure: no I/O, no clock, no globals. Included only by the files beside it, each of which is compiled once an
 * instruction set.
 */
#ifndef RUNG_WORKER_TRAIN_NN_KERNEL_VECTOR_H
#define RUNG_WORKER_TRAIN_NN_KERNEL_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#ifndef KERNEL_WIDTH /* the build says both, for each instruction set */
#define KERNEL_WIDTH 4
#define KERNEL_ISA generic
#endif

#define KERNEL_PASTE(name, isa) name##_##isa
#define KERNEL_EXPAND(name, isa) KERNEL_PASTE(name, isa)
#define KERNEL_NAME(name) KERNEL_EXPAND(name, KERNEL_ISA)
#define KERNEL_INLINE static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(4 * KERNEL_WIDTH)));
typedef int32_t ivec __attribute__((vector_size(4 * KERNEL_WIDTH)));

/* p is aligned to a whole vector. */
KERNEL_INLINE vec vec_load(const float *p)
{
    return *(const vec *)p;
}

KERNEL_INLINE void vec_store(float *p, vec v)
{
    *(vec *)p = v;
}

/* p has any alignment. */
KERNEL_INLINE vec vec_load_any(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

KERNEL_INLINE void vec_store_any(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

KERNEL_INLINE vec vec_all(float x)
{
    return (vec){ 0 } + x;
}

KERNEL_INLINE vec vec_choose(ivec mask, vec yes, vec no)
{
    return (vec)(((ivec)yes & mask) | ((ivec)no & ~mask));
}

/* The smaller or larger of each lane and a bound; a NaN stays one, so that a diverged state travels on to the loss. The
 * processor's own instruction does that when the bound comes first. */
KERNEL_INLINE vec vec_at_most(vec x, float bound)
{
#if defined(__AVX512F__) && KERNEL_WIDTH == 16
    return (vec)_mm512_min_ps((__m512)vec_all(bound), (__m512)x);
#elif defined(__AVX2__) && KERNEL_WIDTH == 8
    return (vec)_mm256_min_ps((__m256)vec_all(bound), (__m256)x);
#else
    return vec_choose(x > vec_all(bound), vec_all(bound), x);
#endif
}

KERNEL_INLINE vec vec_at_least(vec x, float bound)
{
#if defined(__AVX512F__) && KERNEL_WIDTH == 16
    return (vec)_mm512_max_ps((__m512)vec_all(bound), (__m512)x);
#elif defined(__AVX2__) && KERNEL_WIDTH == 8
    return (vec)_mm256_max_ps((__m256)vec_all(bound), (__m256)x);
#else
    return vec_choose(x < vec_all(bound), vec_all(bound), x);
#endif
}

/* The sum of the lanes, in a fixed order. */
KERNEL_INLINE float vec_sum(vec v)
{
#if defined(__AVX512F__) && KERNEL_WIDTH == 16
    return _mm512_reduce_add_ps((__m512)v);
#else
    float lanes[KERNEL_WIDTH];
    memcpy(lanes, &v, sizeof v);
    for (int width = KERNEL_WIDTH / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            lanes[i] += lanes[i + width];
    return lanes[0];
#endif
}

/* 2^f for f in [-1/2, 1/2] within 1.1e-7 of it: a minimax polynomial. */
KERNEL_INLINE vec vec_exp2_fraction(vec f)
{
    vec y = f * 1.326472700e-03f + 9.671512654e-03f;
    y = y * f + 5.550733744e-02f;
    y = y * f + 2.402224209e-01f;
    y = y * f + 6.931469776e-01f;
    return y * f + 1.0f;
}

/* 2^x within 3 ulp where it is a normal number; beyond, something near 0, or very large. A NaN stays one. */
KERNEL_INLINE vec vec_exp2(vec x)
{
#if defined(__AVX512F__) && KERNEL_WIDTH == 16
    __m512 whole = _mm512_roundscale_ps((__m512)x, 0);
    return (vec)_mm512_scalef_ps((__m512)vec_exp2_fraction(x - (vec)whole), whole);
#else
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = vec_at_least(vec_at_most(x, 126), -126);
    vec k = x + shift;
    ivec exponent = (ivec)k << 23;
    return (vec)((ivec)vec_exp2_fraction(x - (k - shift)) + exponent);
#endif
}

/* 1 / (1 + exp(-x)), within 2e-7. */
KERNEL_INLINE vec vec_sigmoid(vec x)
{
    return 1.0f / (vec_exp2(x * -1.44269504f) + 1.0f);
}

/* tanh(x), within 4e-7. */
KERNEL_INLINE vec vec_tanh(vec x)
{
    return 2.0f / (vec_exp2(x * -2.88539008f) + 1.0f) - 1.0f;
}

/* exp(x) for x <= 0, within 4 ulp (Cephes' expf); below -87 it stays at the smallest normal number instead of falling
 * further. */
KERNEL_INLINE vec vec_exp(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = vec_at_least(x, -87);
    vec k = x * 1.44269504f + shift;
    ivec bits = (ivec)k << 23;
    k = k - shift;
    vec f = x - k * 0.693359375f;
    f = f + k * 2.12194440e-4f;
    vec y = f * 1.9875691500e-4f + 1.3981999507e-3f;
    y = y * f + 8.3334519073e-3f;
    y = y * f + 4.1665795894e-2f;
    y = y * f + 1.6666665459e-1f;
    y = y * f + 5.0000001201e-1f;
    y = y * (f * f) + f + 1.0f;
    return (vec)((ivec)y + bits);
}

#endif
