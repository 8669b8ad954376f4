#include "worker/train/nn/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/nn/buffer.h"

void batch_init(struct batch *b, size_t max_sequences, size_t max_steps, size_t max_frames, size_t n_features)
{
    memset(b, 0, sizeof *b);
    b->n_features = n_features;
    b->stride = buffer_columns(n_features);
    b->max_sequences = max_sequences;
    b->max_steps = max_steps;
    b->max_frames = max_frames;
    b->x = buffer_new(max_frames * b->stride);
    b->batch_sizes = mem_zalloc(max_steps + 1, sizeof *b->batch_sizes);
    b->offsets = mem_zalloc(max_steps + 1, sizeof *b->offsets);
    b->lengths = mem_zalloc(max_sequences, sizeof *b->lengths);
    b->labels = mem_zalloc(max_sequences, sizeof *b->labels);
    b->order = mem_zalloc(max_sequences, sizeof *b->order);
}

void batch_deinit(struct batch *b)
{
    free(b->x);
    free(b->batch_sizes);
    free(b->offsets);
    free(b->lengths);
    free(b->labels);
    free(b->order);
    memset(b, 0, sizeof *b);
}

/* Fills batch_sizes and offsets, and order by counting: a longer sequence comes first, equal ones as given. */
static void sort_by_length(struct batch *b, const struct batch_sequence *sequences, size_t n)
{
    size_t *longer = b->batch_sizes; /* longer[l]: first the number of sequences of more than l frames */
    memset(longer, 0, sizeof *longer * (b->max_steps + 1));
    b->n_steps = 0;
    for (size_t i = 0; i < n; i++) {
        size_t length = sequences[i].length;
        assert(length >= 1 && length <= b->max_steps);
        b->n_steps = length > b->n_steps ? length : b->n_steps;
        longer[length - 1]++;
    }
    for (size_t step = b->n_steps; step-- > 0;)
        longer[step] += longer[step + 1];
    memcpy(b->offsets, b->batch_sizes, sizeof *b->offsets * (b->max_steps + 1));
    for (size_t i = 0; i < n; i++) /* offsets[l] serves for the moment as the next free place for length l */
        b->order[b->offsets[sequences[i].length]++] = (uint32_t)i;
    b->n_frames = 0;
    for (size_t step = 0; step < b->n_steps; step++) {
        b->offsets[step] = b->n_frames;
        b->n_frames += b->batch_sizes[step];
    }
    assert(b->n_frames <= b->max_frames);
}

static void pack_frame(float *to, const float *from, size_t n_features, const float *mean, const float *factor)
{
    if (!mean)
        memcpy(to, from, sizeof *to * n_features);
    else
        for (size_t f = 0; f < n_features; f++)
            to[f] = (from[f] - mean[f]) * factor[f];
}

void batch_pack(
    struct batch *b, const struct batch_sequence *sequences, size_t n, const float *mean, const float *factor)
{
    assert(n <= b->max_sequences);
    b->n_sequences = n;
    sort_by_length(b, sequences, n);
    for (size_t i = 0; i < n; i++) {
        const struct batch_sequence *s = &sequences[b->order[i]];
        b->lengths[i] = s->length;
        b->labels[i] = s->label;
        for (size_t step = 0; step < s->length; step++)
            pack_frame(b->x + (b->offsets[step] + i) * b->stride, s->frames + step * b->n_features, b->n_features, mean,
                factor);
    }
}

void batch_slice(struct batch *to, const struct batch *from, size_t first, size_t n)
{
    assert(n > 0 && first + n <= from->n_sequences && n <= to->max_sequences && to->stride == from->stride);
    assert(from->lengths[first] <= to->max_steps);
    to->n_sequences = n;
    to->n_steps = from->lengths[first];
    to->n_frames = 0;
    for (size_t t = 0; t < to->n_steps; t++) {
        size_t active = from->batch_sizes[t] - first;
        to->offsets[t] = to->n_frames;
        to->batch_sizes[t] = active < n ? active : n;
        to->n_frames += to->batch_sizes[t];
        assert(to->n_frames <= to->max_frames);
        memcpy(to->x + to->offsets[t] * to->stride, from->x + (from->offsets[t] + first) * from->stride,
            sizeof *to->x * to->stride * to->batch_sizes[t]);
    }
    memcpy(to->lengths, from->lengths + first, sizeof *to->lengths * n);
    memcpy(to->labels, from->labels + first, sizeof *to->labels * n);
    memcpy(to->order, from->order + first, sizeof *to->order * n);
}
