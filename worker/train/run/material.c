#include "worker/train/run/material.h"

#include <string.h>

int material_open(
    struct material *m, const struct data_spec *spec, bool with_test, uint64_t campaign_seed, struct err *e)
{
    bool needs_test = with_test || spec->validation == DATA_BY_TEST || spec->evaluates_test;
    if (needs_test && !data_spec_has_test(spec))
        return err_set(e, ERR_INVALID, "the data have no test set: name one, or do without it");
    m->spec = *spec;
    if (dataset_load(&m->train, needs_test ? &m->test : NULL, spec, e) == 0 &&
        data_split_init(&m->split, &m->train, needs_test ? &m->test : NULL, spec, campaign_seed, e) == 0)
        return 0;
    material_close(m);
    return -1;
}

void material_close(struct material *m)
{
    data_split_deinit(&m->split);
    dataset_deinit(&m->train);
    dataset_deinit(&m->test);
    memset(m, 0, sizeof *m);
}
