#include "worker/train/run/feeder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/nn/loss.h"

void feeder_init(struct feeder *f, size_t n_features, const float *mean, const float *scale)
{
    *f = (struct feeder){ .n_features = n_features };
    f->mean = mem_zalloc(n_features, sizeof *f->mean);
    f->scale = mem_zalloc(n_features, sizeof *f->scale);
    f->factor = mem_zalloc(n_features, sizeof *f->factor);
    for (size_t i = 0; i < n_features; i++) {
        f->mean[i] = mean ? mean[i] : 0;
        f->scale[i] = scale ? scale[i] : 1;
        f->factor[i] = 1 / f->scale[i];
    }
}

void feeder_deinit(struct feeder *f)
{
    free(f->mean);
    free(f->scale);
    free(f->factor);
    batch_deinit(&f->batch);
    free(f->chosen);
    memset(f, 0, sizeof *f);
}

static int compare_descending(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

/* Frames of the n longest sequences of a part together: no batch of n has more. */
static size_t most_frames(const struct data_part *part, size_t n)
{
    size_t *lengths = mem_zalloc(part->n + 1, sizeof *lengths), sum = 0;
    for (size_t i = 0; i < part->n; i++)
        lengths[i] = dataset_len(part->of, part->sequences[i]);
    qsort(lengths, part->n, sizeof *lengths, compare_descending);
    for (size_t i = 0; i < part->n && i < n; i++)
        sum += lengths[i];
    free(lengths);
    return sum;
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

void feeder_reserve(struct feeder *f, const struct data_part *part, size_t n)
{
    size_t frames = most_frames(part, n), steps = dataset_max_len(part->of);
    if (n <= f->batch.max_sequences && frames <= f->batch.max_frames && steps <= f->batch.max_steps)
        return;
    n = max_size(n, f->batch.max_sequences);
    frames = max_size(frames, f->batch.max_frames);
    steps = max_size(steps, f->batch.max_steps);
    batch_deinit(&f->batch);
    batch_init(&f->batch, n, steps, frames, f->n_features);
    f->chosen = mem_resize(f->chosen, n, sizeof *f->chosen);
}

void feeder_pack(struct feeder *f, const struct data_part *part, const uint32_t *places, size_t n)
{
    const struct dataset *d = part->of;
    for (size_t i = 0; i < n; i++) {
        size_t sequence = part->sequences[places[i]];
        f->chosen[i] = (struct batch_sequence){ dataset_frames(d, sequence), (uint32_t)dataset_len(d, sequence),
            d->labels[sequence] };
    }
    batch_pack(&f->batch, f->chosen, n, f->mean, f->factor);
}

struct score feeder_evaluate(
    struct feeder *f, struct model *m, const struct data_part *part, size_t size, uint64_t *confusion)
{
    size_t C = model_get_config(m)->n_classes, n_right = 0;
    size = size < part->n ? size : part->n;
    feeder_reserve(f, part, size);
    uint32_t *places = mem_zalloc(part->n, sizeof *places);
    float *logits = mem_zalloc(size * C, sizeof *logits);
    double sum = 0;
    for (size_t i = 0; i < part->n; i++)
        places[i] = (uint32_t)i;
    for (size_t first = 0; first < part->n; first += size) {
        size_t count = first + size <= part->n ? size : part->n - first;
        feeder_pack(f, part, places + first, count);
        model_predict(m, &f->batch, logits);
        sum += loss_sum(logits, f->batch.labels, count, C);
        for (size_t i = 0; i < count; i++) {
            size_t guess = loss_argmax(logits + i * C, C);
            n_right += guess == f->batch.labels[i];
            if (confusion)
                confusion[f->batch.labels[i] * C + guess]++;
        }
    }
    free(places);
    free(logits);
    return (struct score){ sum / (double)part->n, (double)n_right / (double)part->n };
}
