#include "worker/train/data/dataset.h"

#include <assert.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/data/formats.h"
#include "worker/train/data/lines.h"
#include "worker/train/data/number.h"
#include "worker/train/data/source.h"

// clang-format off
const char *const format_digit_classes[20] = {
    "0 male",   "1 male",   "2 male",   "3 male",   "4 male",   "5 male",   "6 male",   "7 male",   "8 male",   "9 male",
    "0 female", "1 female", "2 female", "3 female", "4 female", "5 female", "6 female", "7 female", "8 female", "9 female",
};
// clang-format on
const char *const format_digits[10] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

/* ---- a number of a line ---- */

int format_refuse_number(const struct lines *lines, const struct line *line, const char *p, struct err *e)
{
    char excerpt[LINES_EXCERPT];
    lines_excerpt(excerpt, p, line->text + line->len);
    return lines_fail(lines, e, ERR_INVALID, "\"%s\" where a number is wanted", excerpt);
}

int format_take_number(const struct lines *lines, const struct line *line, const char **p, float *out, struct err *e)
{
    char excerpt[LINES_EXCERPT];
    double value;
    const char *end = number_parse(*p, &value);
    if (!end)
        return format_refuse_number(lines, line, *p, e);
    if (!(value <= (double)FLT_MAX && value >= -(double)FLT_MAX)) {
        lines_excerpt(excerpt, *p, line->text + line->len);
        return lines_fail(lines, e, ERR_INVALID, "%s is too large for single precision", excerpt);
    }
    *p = end;
    *out = (float)value;
    return 0;
}

/* ---- files ---- */

static int read_file(struct dataset *out, const struct data_spec *spec, const char *path, struct err *e)
{
    struct source *source = source_open(path, e);
    if (!source)
        return err_prefix(e, "%s", path);
    struct lines *lines = lines_open(source, path);
    int status = spec->format == DATA_TS ? ts_read(out, lines, e) : arabic_read(out, lines, spec->n_classes, e);
    lines_close(lines);
    return status;
}

/* The index in `names` of each class of d, into map (d->n_classes). */
static int map_classes(uint32_t *map, const struct dataset *d, const struct dataset *train, struct err *e)
{
    for (uint32_t c = 0; c < d->n_classes; c++) {
        uint32_t k = 0;
        while (k < train->n_classes && strcmp(d->class_names[c], train->class_names[k]) != 0)
            k++;
        if (k == train->n_classes)
            return err_set(
                e, ERR_INVALID, "the class \"%s\" is not among those of the training set", d->class_names[c]);
        map[c] = k;
    }
    return 0;
}

static void free_names(struct dataset *d)
{
    for (uint32_t c = 0; c < d->n_classes && d->class_names; c++)
        free(d->class_names[c]);
    free(d->class_names);
}

/* Makes the labels of `test` mean the classes of `train`, whatever order its file lists them in. */
static int align(struct dataset *test, const struct dataset *train, struct err *e)
{
    if (test->n_features != train->n_features)
        return err_set(
            e, ERR_INVALID, "%u numbers a frame, where the training set has %u", test->n_features, train->n_features);
    uint32_t *map = mem_zalloc(test->n_classes, sizeof *map);
    if (map_classes(map, test, train, e)) {
        free(map);
        return -1;
    }
    for (size_t i = 0; i < test->n_sequences; i++)
        test->labels[i] = map[test->labels[i]];
    free(map);
    free_names(test);
    test->n_classes = train->n_classes;
    test->class_names = mem_zalloc(train->n_classes, sizeof *test->class_names);
    for (uint32_t c = 0; c < train->n_classes; c++)
        test->class_names[c] = mem_strdup(train->class_names[c]);
    return 0;
}

static int load_train(struct dataset *train, const struct data_spec *spec, struct err *e)
{
    if (spec->format == DATA_SYNTHETIC)
        return synthetic_make(train, spec->n_sequences, SYNTHETIC_TRAIN, spec->seed, e);
    return read_file(train, spec, spec->train, e);
}

static int load_test(struct dataset *test, const struct dataset *train, const struct data_spec *spec, struct err *e)
{
    if (spec->format == DATA_SYNTHETIC)
        return synthetic_make(test, spec->n_test, SYNTHETIC_TEST, spec->seed, e);
    if (read_file(test, spec, spec->test, e))
        return -1;
    if (align(test, train, e) == 0)
        return 0;
    dataset_deinit(test);
    return err_prefix(e, "%s", spec->test);
}

int dataset_load(struct dataset *train, struct dataset *test, const struct data_spec *spec, struct err *e)
{
    if (load_train(train, spec, e))
        return -1;
    if (test && data_spec_has_test(spec) && load_test(test, train, spec, e)) {
        dataset_deinit(train);
        return -1;
    }
    return 0;
}

/* ---- the rest of its life ---- */

void dataset_deinit(struct dataset *d)
{
    if (!d)
        return;
    free(d->frames);
    free(d->starts);
    free(d->labels);
    free(d->speakers);
    free_names(d);
    *d = (struct dataset){ 0 };
}

size_t dataset_max_len(const struct dataset *d)
{
    size_t longest = 0;
    for (size_t i = 0; i < d->n_sequences; i++)
        if (dataset_len(d, i) > longest)
            longest = dataset_len(d, i);
    return longest;
}
