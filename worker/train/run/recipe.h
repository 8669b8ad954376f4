/* recipe.h: what a person asked for on the command line, found out: settings, seeds and data. */
#ifndef RUNG_WORKER_TRAIN_RUN_RECIPE_H
#define RUNG_WORKER_TRAIN_RUN_RECIPE_H

#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/data/spec.h"
#include "worker/train/run/options.h"
#include "worker/train/run/settings.h"

struct recipe {
    struct settings settings;
    uint64_t seed, campaign_seed;
    struct data_spec data;
};

/* Reads the options, the files that they name, and the checkpoint to resume. The settings are those of --resume, if
 * there is one; a --config beside it must agree, which checkpoint_load checks. */
int recipe_read(struct recipe *r, const struct options *o, struct err *e);

/* Builds a spec from --data, or from --format and its fellows. A campaign file under --data gives its trial.data, with
 * file names relative to it, and its seed in *campaign_seed unless --campaign-seed does; else that stays as it is. */
int recipe_read_data(struct data_spec *spec, uint64_t *campaign_seed, const struct options *o, struct err *e);

/* A decimal number below 2^64; NULL gives `standard`. `name` is the option, for the error. */
int recipe_read_seed(uint64_t *seed, const char *text, uint64_t standard, const char *name, struct err *e);

#endif
