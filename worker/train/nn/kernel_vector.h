/* kernel_vector.h: vectors of KERNEL_WIDTH floats in the compilers' own extension, and tanh, sigmoid and exp on them.
 * Pure: no I/O, no clock, no globals. Included only by the files beside it, each of which is compiled once an
 * instruction set.
 */
#ifndef RUNG_WORKER_TRAIN_NN_KERNEL_VECTOR_H
#define RUNG_WORKER_TRAIN_NN_KERNEL_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Into [low, high]; a NaN stays one, so that a diverged state travels on to the loss. */
KERNEL_INLINE vec vec_clamp(vec x, float low, float high)
{
    x = vec_choose(x > vec_all(high), vec_all(high), x);
    return vec_choose(x < vec_all(low), vec_all(low), x);
}

/* The sum of the lanes, in a fixed order. */
KERNEL_INLINE float vec_sum(vec v)
{
    float lanes[KERNEL_WIDTH];
    memcpy(lanes, &v, sizeof v);
    for (int width = KERNEL_WIDTH / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            lanes[i] += lanes[i + width];
    return lanes[0];
}

/* tanh(x) = p / q: the rational minimax form of degree 13 over 6 that Eigen uses, within 3 ulp of tanh everywhere. Kept
 * as two parts so that two gates can share one division: q lies in [0.0048, 1]. */
KERNEL_INLINE void vec_tanh_parts(vec x, vec *p, vec *q)
{
    x = vec_clamp(x, -7.90531110763549805f, 7.90531110763549805f);
    vec x2 = x * x;
    vec a = x2 * -2.76076847742355e-16f + 2.00018790482477e-13f;
    a = a * x2 + -8.60467152213735e-11f;
    a = a * x2 + 5.12229709037114e-08f;
    a = a * x2 + 1.48572235717979e-05f;
    a = a * x2 + 6.37261928875436e-04f;
    a = a * x2 + 4.89352455891786e-03f;
    vec b = x2 * 1.19825839466702e-06f + 1.18534705686654e-04f;
    b = b * x2 + 2.26843463243900e-03f;
    *q = b * x2 + 4.89352518554385e-03f;
    *p = a * x;
}

KERNEL_INLINE vec vec_tanh(vec x)
{
    vec p, q;
    vec_tanh_parts(x, &p, &q);
    return p / q;
}

/* 1 / (1 + exp(-x)) of two vectors at the price of one division, each within 2.5e-7 of the truth. */
KERNEL_INLINE void vec_sigmoid_pair(vec *x, vec *y)
{
    vec px, qx, py, qy;
    vec_tanh_parts(*x * 0.5f, &px, &qx);
    vec_tanh_parts(*y * 0.5f, &py, &qy);
    vec half = 0.5f / (qx * qy);
    *x = px * qy * half + 0.5f;
    *y = py * qx * half + 0.5f;
}

/* exp(x) for x <= 0, within 4 ulp (Cephes' expf); below -87 it stays at the smallest normal number instead of falling
 * further. */
KERNEL_INLINE vec vec_exp(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = vec_choose(x < vec_all(-87.0f), vec_all(-87.0f), x);
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
