#include "worker/train/data/builder.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

size_t builder_len(const struct builder *b)
{
    return b->d.n_frames - (b->d.starts ? b->d.starts[b->d.n_sequences] : 0);
}

float *builder_add_frames(struct builder *b, size_t n, struct err *e)
{
    struct dataset *d = &b->d;
    assert(d->n_features > 0 && d->n_features <= LIMIT_FEATURES);
    if (n > LIMIT_SEQUENCE || builder_len(b) + n > LIMIT_SEQUENCE) {
        err_set(e, ERR_LIMIT, "a sequence of more than %d frames", LIMIT_SEQUENCE);
        return NULL;
    }
    size_t first = d->n_frames * d->n_features, need = first + n * d->n_features;
    if (need > LIMIT_DATA_NUMBERS) {
        err_set(e, ERR_LIMIT, "more than %lld numbers in all", LIMIT_DATA_NUMBERS);
        return NULL;
    }
    if (need > b->cap_numbers) {
        b->cap_numbers = need > 2 * b->cap_numbers ? need : 2 * b->cap_numbers;
        d->frames = mem_resize(d->frames, b->cap_numbers, sizeof *d->frames);
    }
    d->n_frames += n;
    return d->frames + first;
}

/* Room for one more sequence and for the end of the last. */
static void reserve_sequence(struct builder *b)
{
    struct dataset *d = &b->d;
    if (d->n_sequences + 2 <= b->cap_sequences)
        return;
    bool is_first = b->cap_sequences == 0;
    b->cap_sequences = is_first ? 256 : 2 * b->cap_sequences;
    d->starts = mem_resize(d->starts, b->cap_sequences, sizeof *d->starts);
    d->labels = mem_resize(d->labels, b->cap_sequences, sizeof *d->labels);
    if (is_first)
        d->starts[0] = 0;
}

int builder_end_sequence(struct builder *b, uint32_t label, struct err *e)
{
    assert(builder_len(b) > 0);
    if (b->d.n_sequences >= LIMIT_SEQUENCES)
        return err_set(e, ERR_LIMIT, "more than %d sequences", LIMIT_SEQUENCES);
    reserve_sequence(b);
    b->d.labels[b->d.n_sequences++] = label;
    b->d.starts[b->d.n_sequences] = b->d.n_frames;
    return 0;
}

void builder_name_classes(struct builder *b, const char *const *names, size_t n)
{
    assert(!b->d.class_names && n <= LIMIT_CLASSES);
    b->d.n_classes = (uint32_t)n;
    b->d.class_names = mem_zalloc(n, sizeof *b->d.class_names);
    for (size_t i = 0; i < n; i++)
        b->d.class_names[i] = mem_strdup(names[i]);
}

void builder_take(struct builder *b, struct dataset *out)
{
    struct dataset *d = &b->d;
    assert(d->n_sequences > 0 && builder_len(b) == 0);
    d->frames = mem_resize(d->frames, d->n_frames * d->n_features, sizeof *d->frames);
    d->starts = mem_resize(d->starts, d->n_sequences + 1, sizeof *d->starts);
    d->labels = mem_resize(d->labels, d->n_sequences, sizeof *d->labels);
    *out = *d;
    *b = (struct builder){ 0 };
}

void builder_deinit(struct builder *b)
{
    dataset_deinit(&b->d);
    *b = (struct builder){ 0 };
}
