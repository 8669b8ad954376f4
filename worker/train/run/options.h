/* options.h: the command line of rung-train, from one table that also makes --help. */
#ifndef RUNG_WORKER_TRAIN_RUN_OPTIONS_H
#define RUNG_WORKER_TRAIN_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

enum command { COMMAND_TRAIN, COMMAND_EVALUATE, COMMAND_BENCH, N_COMMANDS };

/* Texts borrow from argv and are NULL unless given. */
struct options {
    enum command command;
    /* the model and its training */
    const char *config, *model;
    int64_t epochs, early_stopping; /* 0: never early */
    const char *seed, *campaign_seed;
    /* the data: one JSON, or its members one by one */
    const char *data, *format, *train, *test, *validation, *sequences, *data_seed;
    /* files */
    const char *checkpoint, *resume, *export;
    bool evaluate_test, all_data;
    /* bench */
    int64_t hidden_size, num_layers, num_heads, batch_size, frames, features;
    double dropout, seconds;
    bool ragged, logits, json, help, version;
};

/* Reads argv. Fails with ERR_USAGE, naming the option, and the nearest one for an unknown one. */
int options_parse(struct options *o, int argc, char **argv, struct err *e);

/* Appends what --help prints for this command. */
void options_help(struct str *out, enum command command);

#endif
