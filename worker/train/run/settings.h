/* settings.h: a trial's configuration as the trainer understands it.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_SETTINGS_H
#define RUNG_WORKER_TRAIN_RUN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "worker/train/nn/jitter.h"
#include "worker/train/nn/model.h"

struct settings {
    enum model_kind kind;
    int64_t hidden_size, num_layers, num_heads; /* gru-attention */
    int64_t hidden_1, hidden_2;                 /* linear */
    double dropout;
    int64_t batch_size; /* sequences of one step */
    double learning_rate, weight_decay;
    double clip_norm; /* 0 for none */
    double plateau_factor;
    int64_t plateau_patience; /* epochs */
    bool standardize;         /* features to mean 0 and a common size (data_part_moments of the training part) */
    double average_epochs;    /* the weights that are judged are the mean over about so many epochs; 0: the last ones */
    struct jitter jitter;     /* feature_shift, feature_stretch, feature_noise: of training sequences alone */
    int64_t repeat;           /* changes nothing: tells apart trials that are equal but for their seeds */
};

/* Reads `config`, an object of the model's keys; NULL or a missing key takes the default. Fails with ERR_INVALID,
 * naming the key, for one that the model does not have, a wrong type or a value out of range. */
int settings_parse(struct settings *s, enum model_kind kind, json_value config, struct err *e);

/* The model that these settings describe, for data of this form. */
struct model_config settings_model(const struct settings *s, size_t n_features, size_t n_classes);

/* Appends all keys of the model with their values as one JSON object, always in the same order: equal texts mean equal
 * settings. */
void settings_print(struct str *out, const struct settings *s);

/* Appends a table of the keys for --help. */
void settings_help(struct str *out, enum model_kind kind);

/* "gru-attention" or "linear". Fails with ERR_INVALID and a suggestion. */
int settings_parse_kind(enum model_kind *kind, const char *name, struct err *e);

#endif
