/* data_check.h: what must hold of a data set that was read, and of a refusal. */
#ifndef RUNG_TESTS_FUZZ_DATA_CHECK_H
#define RUNG_TESTS_FUZZ_DATA_CHECK_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/str.h"
#include "worker/train/data/formats.h"
#include "worker/train/data/source.h"
#include "tests/fuzz/must.h"
#include "worker/train/data/split.h"

static void check_dataset(const struct dataset *d)
{
    MUST(d->n_sequences > 0 && d->n_sequences <= LIMIT_SEQUENCES);
    MUST(d->n_features > 0 && d->n_features <= LIMIT_FEATURES);
    MUST(d->starts[0] == 0 && d->starts[d->n_sequences] == d->n_frames);
    for (size_t i = 0; i < d->n_sequences; i++) {
        MUST(d->starts[i] < d->starts[i + 1] && dataset_len(d, i) <= LIMIT_SEQUENCE);
        MUST(d->labels[i] < d->n_classes);
        MUST(!d->speakers || d->speakers[i] < d->n_speakers);
    }
    for (size_t k = 0; k < d->n_frames * d->n_features; k++)
        MUST(isfinite(d->frames[k]));
    for (uint32_t c = 0; c < d->n_classes; c++)
        MUST(d->class_names[c] && str_is_utf8(d->class_names[c], strlen(d->class_names[c])));
}

static void check_refusal(const struct dataset *d, const struct err *e)
{
    MUST(!d->frames && !d->starts && !d->labels && !d->class_names && d->n_sequences == 0);
    MUST(e->code != ERR_NONE && str_starts(e->text, "f: "));
    MUST(str_is_utf8(e->text, strlen(e->text)) && !strpbrk(e->text, "\n\r\t\033"));
}

/* Both sides of a split, where there is one. */
static void check_split(const struct dataset *d)
{
    struct data_spec spec = { .validation_share = 0.3 };
    struct data_split split = { 0 };
    struct err e = { 0 };
    if (data_split_init(&split, d, NULL, &spec, 1, &e)) {
        MUST(e.code == ERR_INVALID && !split.train.sequences);
        return;
    }
    MUST(split.train.n > 0 && split.validation.n > 0 && split.train.n + split.validation.n == d->n_sequences);
    float *moments = malloc(2 * d->n_features * sizeof *moments);
    data_part_moments(&split.train, moments, moments + d->n_features);
    for (size_t i = 0; i < d->n_features; i++)
        MUST(isfinite(moments[i]) && isfinite(moments[d->n_features + i]) && moments[d->n_features + i] > 0);
    free(moments);
    data_split_deinit(&split);
}

/* The lines of some bytes, unpacked where they are an archive; NULL where that cannot be. */
static struct lines *open_bytes(const uint8_t *bytes, size_t len)
{
    struct err e = { 0 };
    struct source *source = source_open_bytes(bytes, len, &e);
    MUST(source || e.code != ERR_NONE);
    return source ? lines_open(source, "f") : NULL;
}

static void check_outcome(int status, struct dataset *d, const struct err *e)
{
    if (status) {
        check_refusal(d, e);
        return;
    }
    check_dataset(d);
    check_split(d);
    dataset_deinit(d);
}

#endif
