#include "worker/train/run/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/run/settings.h"

enum type { FLAG, TEXT, WHOLE, REAL };
enum {
    TRAIN = 1 << COMMAND_TRAIN,
    EVALUATE = 1 << COMMAND_EVALUATE,
    BENCH = 1 << COMMAND_BENCH,
    ALL = TRAIN | EVALUATE | BENCH
};

struct row {
    const char *name;
    enum type type;
    size_t offset;
    int commands;
    double low; /* of a number */
    const char *argument, *help;
};

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct row rows[] = {
    { "config",         TEXT,  AT(config),         TRAIN,            0,   "FILE|JSON", "the settings; the output of `rung best --json` will do" },
    { "model",          TEXT,  AT(model),          TRAIN | EVALUATE, 0,   "NAME|FILE", "gru-attention (default) or linear; evaluate: what --export wrote" },
    { "epochs",         WHOLE, AT(epochs),         TRAIN,            1,   "N",         "train up to this many epochs in all (50)" },
    { "early-stopping", WHOLE, AT(early_stopping), TRAIN,            1,   "N",         "stop N epochs after the best one, and take its weights" },
    { "seed",           TEXT,  AT(seed),           TRAIN,            0,   "N",         "of the initial weights, the order and dropout (1)" },
    { "campaign-seed",  TEXT,  AT(campaign_seed),  TRAIN,            0,   "N",         "of the division into training and validation (1)" },
    { "data",           TEXT,  AT(data),           TRAIN | EVALUATE, 0,   "FILE|JSON", "a campaign file, or its trial.data; evaluate: the sequences" },
    { "format",         TEXT,  AT(format),         TRAIN | EVALUATE, 0,   "NAME",      "arabic-digit, ts or synthetic, when --data does not say it" },
    { "train",          TEXT,  AT(train),          TRAIN,            0,   "FILE",      "with --format: the training set" },
    { "test",           TEXT,  AT(test),           TRAIN,            0,   "FILE",      "with --format: the test set" },
    { "sequences",      TEXT,  AT(sequences),      TRAIN,            0,   "N",         "with --format synthetic: how many (2000)" },
    { "data-seed",      TEXT,  AT(data_seed),      TRAIN | EVALUATE, 0,   "N",         "with --format synthetic: of the generator (1)" },
    { "validation",     TEXT,  AT(validation),     TRAIN,            0,   "HOW",       "with --format: speaker, stratified, test, or none" },
    { "all-data",       FLAG,  AT(all_data),       TRAIN,            0,   NULL,        "train on all training data, validate on nothing: the final model" },
    { "checkpoint",     TEXT,  AT(checkpoint),     TRAIN,            0,   "FILE",      "write the state here at the end" },
    { "resume",         TEXT,  AT(resume),         TRAIN,            0,   "FILE",      "go on from this checkpoint; it brings its settings and seed" },
    { "export",         TEXT,  AT(export),         TRAIN,            0,   "FILE",      "write the model as safetensors at the end" },
    { "evaluate-test",  FLAG,  AT(evaluate_test),  TRAIN,            0,   NULL,        "at the very end, once: loss and accuracy on the test set" },
    { "logits",         FLAG,  AT(logits),         EVALUATE,         0,   NULL,        "with --json: the logits of each sequence too" },
    { "hidden-size",    WHOLE, AT(hidden_size),    BENCH,            1,   "N",         "units of a layer (64)" },
    { "num-layers",     WHOLE, AT(num_layers),     BENCH,            1,   "N",         "GRU layers (2)" },
    { "num-heads",      WHOLE, AT(num_heads),      BENCH,            1,   "N",         "attention heads (1)" },
    { "batch-size",     WHOLE, AT(batch_size),     BENCH,            1,   "N",         "sequences of a step (256)" },
    { "frames",         WHOLE, AT(frames),         BENCH,            1,   "N",         "frames of a sequence (40)" },
    { "features",       WHOLE, AT(features),       BENCH,            1,   "N",         "numbers of a frame (13)" },
    { "ragged",         FLAG,  AT(ragged),         BENCH,            0,   NULL,        "lengths distributed as those of recorded digits" },
    { "dropout",        REAL,  AT(dropout),        BENCH,            0,   "P",         "between the layers, and of the attention (0.2)" },
    { "seconds",        REAL,  AT(seconds),        BENCH,            0.1, "S",         "how long to measure (5)" },
    { "json",           FLAG,  AT(json),           ALL,              0,   NULL,        "JSON on standard output: an object a line" },
    { "help",           FLAG,  AT(help),           ALL,              0,   NULL,        "this text" },
    { "version",        FLAG,  AT(version),        ALL,              0,   NULL,        "the version" },
};

static const struct { const char *name, *usage, *what; } commands[N_COMMANDS] = {
    [COMMAND_TRAIN] =    { "train",    "rung-train [--config FILE|JSON] (--data JSON | --format NAME …) [OPTION…]",
                           "Trains one configuration by hand. Without options, and with RUNG_FD in the environment, it is a trial of rung-worker." },
    [COMMAND_EVALUATE] = { "evaluate", "rung-train evaluate --model FILE --data FILE --format NAME [--json]",
                           "Loss, accuracy and the confusion matrix of an exported model." },
    [COMMAND_BENCH] =    { "bench",    "rung-train bench [OPTION…]",
                           "Measures full training steps on random sequences, beside the product that OpenBLAS is best at." },
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof *rows };

static int take_number(struct options *o, const struct row *r, const char *text, struct err *e)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !isfinite(value) || (r->type == WHOLE && value != floor(value)))
        return err_set(
            e, ERR_USAGE, "--%s wants %s number, not \"%s\"", r->name, r->type == WHOLE ? "a whole" : "a", text);
    if (value < r->low || value > 1e9)
        return err_set(e, ERR_USAGE, "--%s is %s: it must be from %g to 1e9", r->name, text, r->low);
    if (r->type == WHOLE)
        *(int64_t *)((char *)o + r->offset) = (int64_t)value;
    else
        *(double *)((char *)o + r->offset) = value;
    return 0;
}

static int take(struct options *o, const struct row *r, const char *text, struct err *e)
{
    if (r->type == WHOLE || r->type == REAL)
        return take_number(o, r, text, e);
    if (r->type == FLAG)
        *(bool *)((char *)o + r->offset) = true;
    else
        *(const char **)((char *)o + r->offset) = text;
    return 0;
}

static int refuse(enum command command, const char *word, struct err *e)
{
    const char *names[N_ROWS], *name = word + strspn(word, "-");
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].commands & 1 << command)
            names[n++] = rows[i].name;
    for (size_t i = 0; i < n; i++)
        if (str_equal(names[i], name))
            return err_set(e, ERR_USAGE, "%s wants a value", word);
    const char *nearest = str_nearest(name, names, n);
    return err_set(e, ERR_USAGE, "unknown option %s%s%s%s; see --help", word, nearest ? ": did you mean --" : "",
        nearest ? nearest : "", nearest ? "?" : "");
}

static enum command find_command(int argc, char **argv)
{
    for (int i = 0; argc > 1 && i < N_COMMANDS; i++)
        if (str_equal(argv[1], commands[i].name))
            return (enum command)i;
    return COMMAND_TRAIN;
}

int options_parse(struct options *o, int argc, char **argv, struct err *e)
{
    struct option table[N_ROWS + 1] = { 0 };
    size_t n = 0, which[N_ROWS];
    *o = (struct options){ .command = find_command(argc, argv),
        .epochs = 50,
        .hidden_size = 64,
        .num_layers = 2,
        .num_heads = 1,
        .batch_size = 256,
        .frames = 40,
        .features = 13,
        .dropout = 0.2,
        .seconds = 5 };
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].commands & 1 << o->command) {
            table[n] = (struct option){ rows[i].name, rows[i].type == FLAG ? no_argument : required_argument, NULL, 0 };
            which[n++] = i;
        }
    bool is_named = argc > 1 && str_equal(argv[1], commands[o->command].name);
    int skip = is_named ? 1 : 0, index = 0, got;
    opterr = 0;
    optind = 0; /* begin anew, whatever was parsed before in this process */
    while ((got = getopt_long(argc - skip, argv + skip, "", table, &index)) != -1)
        if (got == '?')
            return refuse(o->command, argv[skip + optind - 1], e);
        else if (take(o, &rows[which[index]], optarg, e))
            return -1;
    if (skip + optind < argc)
        return err_set(e, ERR_USAGE, "\"%s\" is not understood; see --help", argv[skip + optind]);
    return 0;
}

void options_help(struct str *out, enum command command)
{
    str_addf(out, "usage: %s\n%s\n\n", commands[command].usage, commands[command].what);
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].commands & 1 << command) {
            struct str left = { 0 };
            str_addf(
                &left, "--%s%s%s", rows[i].name, rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
            str_addf(out, "  %-24s %s\n", left.text, rows[i].help);
            str_deinit(&left);
        }
    if (command != COMMAND_TRAIN)
        return;
    str_add(out, "\nSettings of gru-attention, with their defaults:\n");
    settings_help(out, MODEL_GRU_ATTENTION);
    str_add(out, "\nSettings of linear:\n");
    settings_help(out, MODEL_LINEAR);
    str_add(out, "\nOther commands: rung-train evaluate --help, rung-train bench --help\n");
}
