#include "common/domain/builtin_memory.h"

#include <math.h>
#include <string.h>

/* As in the trainer: worker/train/nn/gru_net.c and model.c, worker/train/run/trainer.c. */
enum {
    PROGRAM_BYTES = 6 << 20,
    NEAR_FLOATS = 1 << 20, /* that a slice of a batch should keep */
    SLICE_FRAMES = 1280,   /* at least in a slice */
    WIDE_UNITS = 193,      /* from so many on, there are more */
    WIDE_FRAMES = 5120,
    SLICE_SEQUENCES = 32,
    EVALUATE_SEQUENCES = 256, /* of a batch of validation, at least */
    VECTOR = 16
};

static double padded(double columns)
{
    return ceil(columns / VECTOR) * VECTOR;
}

/* Large buffers are whole huge pages. */
static double buffer_bytes(double floats)
{
    const double page = 2 << 20;
    return 4 * floats < page ? 4 * floats : ceil(4 * floats / page) * page;
}

static double mean_length(const struct builtin_data *d)
{
    return d->n_sequences > 0 ? fmin(d->n_frames / d->n_sequences, d->longest) : 0;
}

/* Frames of the batch, of `sequences`, that has the longest ones. */
static double longest_batch(const struct builtin_data *d, double sequences)
{
    double mean = mean_length(d), share = d->n_sequences > 0 ? sequences / d->n_sequences : 1;
    return sequences * (mean * share + (mean + d->longest) / 2 * (1 - share));
}

/* Parameters, gradients, moments and average, and a checkpoint. */
static double kept_bytes(double parameters)
{
    return 5 * buffer_bytes(parameters) + 4 * 4 * parameters;
}

static double gru_parameters(const struct builtin_size *s, const struct builtin_data *d)
{
    double H = s->hidden_size;
    return 3 * H * (d->n_features + H + 2) + (s->num_layers - 1) * 3 * H * (2 * H + 2) + 4 * (H * H + H) +
           d->n_classes * (H + 1);
}

static double gru_layouts(const struct builtin_size *s, const struct builtin_data *d)
{
    double H = padded(s->hidden_size), F = padded(d->n_features);
    double recurrent = 4 * buffer_bytes(3 * H * H);
    return s->num_layers * recurrent + 5 * buffer_bytes(3 * H * F) + (s->num_layers - 1) * 5 * buffer_bytes(3 * H * H);
}

static double gru_activations(const struct builtin_size *s, const struct builtin_data *d, double batch)
{
    double H = padded(s->hidden_size), F = padded(d->n_features), L = s->num_layers, A = s->num_heads;
    double frames = batch * mean_length(d);
    double wanted = s->hidden_size < WIDE_UNITS ? fmax(SLICE_FRAMES, NEAR_FLOATS / (L * 7 * H)) : WIDE_FRAMES;
    double long_ones = mean_length(d) + (d->longest - mean_length(d)) * 3 / 4; /* a slice has those of a batch */
    double slice = fmax(wanted + d->longest, SLICE_SEQUENCES * long_ones);
    bool is_cut = slice < frames;
    double N = is_cut ? slice : frames, B = is_cut ? fmax(SLICE_SEQUENCES, slice / mean_length(d)) : batch;
    double by_frame = L * (buffer_bytes(4 * H * N) + 2 * buffer_bytes(H * N) + buffer_bytes(N * H / 32)) +
                      2 * buffer_bytes(H * N) + 3 * buffer_bytes(A * N) + (is_cut ? buffer_bytes(F * N) : 0);
    return by_frame + 4 * B * (H * L + 8 * H + 3 * A) + 4 * buffer_bytes(B * A * H);
}

static double gru_bytes(const struct builtin_size *s, const struct builtin_data *d, double batch)
{
    return kept_bytes(gru_parameters(s, d)) + gru_layouts(s, d) + gru_activations(s, d, batch);
}

static double linear_bytes(const struct builtin_size *s, const struct builtin_data *d, double batch)
{
    double F = d->n_features, h1 = s->hidden_1, h2 = s->hidden_2, C = d->n_classes;
    double parameters = h1 * (F + 1) + h2 * (h1 + 1) + C * (h2 + 1);
    return kept_bytes(parameters) + 2 * buffer_bytes(batch * F) + 2 * buffer_bytes(batch * h1) +
           3 * buffer_bytes(batch * h2);
}

double builtin_memory(const char *program, const struct builtin_size *s, const struct builtin_data *d)
{
    double judged = fmin(EVALUATE_SEQUENCES, ceil(d->n_sequences / 4)); /* of the validation part at once */
    double batch = fmin(fmax(s->batch_size, judged), fmax(d->n_sequences, 1));
    double data = 4 * d->n_frames * d->n_features + 16 * d->n_sequences;
    double input = buffer_bytes(longest_batch(d, batch) * padded(d->n_features)) + 4 * batch * d->n_classes;
    bool is_linear = strcmp(program, "linear") == 0;
    return PROGRAM_BYTES + data + input + (is_linear ? linear_bytes(s, d, batch) : gru_bytes(s, d, batch));
}
