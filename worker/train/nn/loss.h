/* loss.h: the mean cross-entropy of logits against labels.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_LOSS_H
#define RUNG_WORKER_TRAIN_NN_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Returns the sum over B rows of -log softmax(logits (B, C))[label], in double; not finite when a logit is not. */
double loss_sum(const float *logits, const uint32_t *labels, size_t B, size_t C);

/* In place: logits (B, C), of a batch of `total` sequences, become the derivative of the batch's mean loss by them,
 * (softmax - onehot) / total. Returns their share of the mean loss. */
double loss_backward(float *logits, const uint32_t *labels, size_t B, size_t C, size_t total);

/* The class of the largest logit of one row; the first of equal ones. */
size_t loss_argmax(const float *logits, size_t C);

#endif
