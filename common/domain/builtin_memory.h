/* builtin_memory.h: the memory that a trial of a built-in program has resident at its peak.
 * Pure: no I/O, no clock, no globals.
 *
 * Nothing grows with time: a trial sizes its buffers at its first step, so the peak follows from its shapes. With the
 * data D numbers (frames times features F), P parameters, L layers of H units, A heads, C classes, batches of B
 * sequences, and N the frames that are worked on at once (a batch, or a slice of it: see model.h), in bytes:
 *
 *     program and libraries   6 MiB
 *     data                    4 D + 16 a sequence
 *     parameters              4 · 5 P          themselves, gradients, Adam's two moments, the average
 *     a checkpoint            4 · 4 P          the same without the gradients, as the bytes of a file
 *     kernels' layouts        4 · (12 H² + 15 H I) a layer, of I inputs: weights packed, and their gradients
 *     activations             4 N · (6 H L + H L / 32 + 2 H + 3 A + F)
 *                             gates (4 H), state and output a layer; two derivatives; attention's weights; the input
 *     a sequence              4 B · (H L + 8 H + 4 A H + 3 A + C)
 *
 * H, I and F are rounded up to whole vectors of 16. The linear baseline has no more than P, and 4 B · 2 (F + h1 + h2).
 */
#ifndef RUNG_COMMON_DOMAIN_BUILTIN_MEMORY_H
#define RUNG_COMMON_DOMAIN_BUILTIN_MEMORY_H

#include <stdbool.h>

/* What is trained on. */
struct builtin_data {
    double n_features, n_classes;
    double n_sequences; /* of the training set, what validates included */
    double n_frames;    /* of all sets that are read, the test set too where it is */
    double longest;     /* frames of the longest sequence */
};

/* The configuration, as far as memory depends on it. Those of the other program are not looked at. */
struct builtin_size {
    double hidden_size, num_layers, num_heads; /* gru-attention */
    double hidden_1, hidden_2;                 /* linear */
    double batch_size;
};

/* Bytes at the peak, within a quarter of what is measured (tests/e2e/test_trainer.py). `program` is one of
 * builtin_programs. */
double builtin_memory(const char *program, const struct builtin_size *size, const struct builtin_data *data);

#endif
