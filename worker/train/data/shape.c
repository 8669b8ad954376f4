#include "worker/train/data/shape.h"

#include "worker/train/data/dataset.h"

static bool reads_test(const struct data_spec *spec)
{
    return spec->validation == DATA_BY_TEST || spec->evaluates_test;
}

/* The generator's constants: see synthetic.c. */
static void find_synthetic(struct builtin_data *shape, const struct data_spec *spec)
{
    const double mean = 39, longest = 75;
    double n_test = reads_test(spec) ? spec->n_test : 0;
    *shape = (struct builtin_data){ .n_features = 13,
        .n_classes = 20,
        .n_sequences = spec->n_sequences,
        .n_frames = mean * (spec->n_sequences + n_test),
        .longest = longest };
}

int data_shape_find(struct builtin_data *shape, const struct data_spec *spec, struct err *e)
{
    struct dataset train = { 0 }, test = { 0 };
    if (spec->format == DATA_SYNTHETIC) {
        find_synthetic(shape, spec);
        return 0;
    }
    if (dataset_load(&train, reads_test(spec) ? &test : NULL, spec, e) < 0)
        return -1;
    size_t longest = dataset_max_len(&train), longest_test = dataset_max_len(&test);
    *shape = (struct builtin_data){ .n_features = train.n_features,
        .n_classes = train.n_classes,
        .n_sequences = (double)train.n_sequences,
        .n_frames = (double)(train.n_frames + test.n_frames),
        .longest = (double)(longest > longest_test ? longest : longest_test) };
    dataset_deinit(&train);
    dataset_deinit(&test);
    return 0;
}
