/* batch.h: a batch of sequences of different lengths, packed so that nothing that is padding is stored or computed.
 * Pure: no I/O, no clock, no globals.
 *
 * Sequences are sorted by decreasing length and packed time-major: first the first frame of each, then the second frame
 * of each that has one, … So the frames of step t are the rows offsets[t] .. offsets[t] + batch_sizes[t] - 1 of x, row
 * i of every step belongs to sequence i, and the active sequences of a step are always the first batch_sizes[t].
 */
#ifndef RUNG_WORKER_TRAIN_NN_BATCH_H
#define RUNG_WORKER_TRAIN_NN_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct batch {
    size_t n_sequences; /* B */
    size_t n_steps;     /* T, the longest length */
    size_t n_frames;    /* N, the sum of the lengths */
    size_t n_features;  /* F */
    size_t stride; /* floats from one row of x to the next: F rounded up to a multiple of 16; the rest of a row is 0 */
    float *x;      /* (N, stride), 64-byte aligned */
    size_t *batch_sizes; /* [T], not growing */
    size_t *offsets;     /* [T]: the row at which step t begins */
    uint32_t *lengths;   /* [B], decreasing, at least 1 */
    uint32_t *labels;    /* [B] */
    uint32_t *order;     /* [B]: where sequence i stood in what batch_pack was given */
    size_t max_sequences, max_steps, max_frames;
};

/* One sequence as the data set holds it. Borrowed for the call of batch_pack. */
struct batch_sequence {
    const float *frames; /* (length, F), rows without gaps */
    uint32_t length;     /* at least 1 */
    uint32_t label;
};

/* Room for any batch within these maxima. batch_deinit frees it and accepts a zeroed struct. */
void batch_init(struct batch *b, size_t max_sequences, size_t max_steps, size_t max_frames, size_t n_features);
void batch_deinit(struct batch *b);

/* Fills b from n sequences, equal lengths in the order given. Each feature f becomes (x - mean[f]) * factor[f]; NULL
 * for both takes x as it is. The maxima given to batch_init must hold (asserted). */
void batch_pack(
    struct batch *b, const struct batch_sequence *sequences, size_t n, const float *mean, const float *factor);

/* Fills `to` with the sequences first..first+n-1 of `from`, in its order; `to` needs room for them (asserted). */
void batch_slice(struct batch *to, const struct batch *from, size_t first, size_t n);

#endif
