/* linear.h: y = x W^T + b, and ReLU.
 * Pure: no I/O, no clock, no globals. All arrays without gaps between rows.
 */
#ifndef RUNG_WORKER_TRAIN_NN_LINEAR_H
#define RUNG_WORKER_TRAIN_NN_LINEAR_H

#include <stddef.h>

/* y (B, O) from x (B, I), w (O, I), b (O). */
void linear_forward(float *y, const float *x, const float *w, const float *b, size_t B, size_t I, size_t O);

/* dw (O, I) and db (O) += from dy (B, O); dx (B, I) =, unless NULL. */
void linear_backward(
    float *dx, float *dw, float *db, const float *dy, const float *x, const float *w, size_t B, size_t I, size_t O);

/* In place: negative numbers become 0; a NaN stays. */
void relu_forward(float *y, size_t n);

/* dy = 0 where y, the output, is 0. */
void relu_backward(float *dy, const float *y, size_t n);

#endif
