#include "common/domain/builtin.h"

#include <math.h>
#include <string.h>

/* clang-format off */
#define TRAINING                                                            \
    { "dropout",          BUILTIN_FLOAT, 0, 1,       false, true,  0.1 },   \
    { "batch_size",       BUILTIN_INT,   1, 65536,   false, false, 128 },   \
    { "learning_rate",    BUILTIN_FLOAT, 0, 1000,    true,  false, 0.001 }, \
    { "weight_decay",     BUILTIN_FLOAT, 0, 1000,    false, false, 0 },     \
    { "clip_norm",        BUILTIN_FLOAT, 0, 1e9,     false, false, 0 },     \
    { "plateau_factor",   BUILTIN_FLOAT, 0, 1,       true,  false, 0.9 },   \
    { "plateau_patience", BUILTIN_INT,   0, 1 << 20, false, false, 10 },    \
    { "standardize",      BUILTIN_BOOL,  0, 0,       false, false, 1 },     \
    { "average_epochs",   BUILTIN_FLOAT, 0, 1000,    false, false, 1 },     \
    { "feature_shift",    BUILTIN_FLOAT, 0, 100,     false, false, 0 },     \
    { "feature_stretch",  BUILTIN_FLOAT, 0, 1,       false, false, 0 },     \
    { "feature_noise",    BUILTIN_FLOAT, 0, 100,     false, false, 0 },     \
    { "repeat",           BUILTIN_INT,   1, 1000000, false, false, 1 },

static const struct builtin_param gru_attention[] = {
    { "hidden_size",      BUILTIN_INT,   1, 16384,   false, false, 64 },
    { "num_layers",       BUILTIN_INT,   1, 64,      false, false, 2 },
    { "num_heads",        BUILTIN_INT,   1, 16384,   false, false, 1 },
    TRAINING
};

static const struct builtin_param linear[] = {
    { "hidden_1",         BUILTIN_INT,   1, 65536,   false, false, 100 },
    { "hidden_2",         BUILTIN_INT,   1, 65536,   false, false, 10 },
    TRAINING
};

#define TRAINING_NAMES \
    "dropout", "batch_size", "learning_rate", "weight_decay", "clip_norm", "plateau_factor", "plateau_patience", "standardize", \
    "average_epochs", "feature_shift", "feature_stretch", "feature_noise", "repeat"

static const char *const gru_attention_names[] = { "hidden_size", "num_layers", "num_heads", TRAINING_NAMES };
static const char *const linear_names[] = { "hidden_1", "hidden_2", TRAINING_NAMES };
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof *(array))
_Static_assert(COUNT(gru_attention) == COUNT(gru_attention_names), "a name a parameter");
_Static_assert(COUNT(linear) == COUNT(linear_names), "a name a parameter");

static const struct builtin builtins[BUILTIN_N_PROGRAMS] = {
    { "gru-attention", gru_attention, gru_attention_names, COUNT(gru_attention) },
    { "linear", linear, linear_names, COUNT(linear) },
};

const char *const builtin_programs[BUILTIN_N_PROGRAMS] = { "gru-attention", "linear" };
const char *const builtin_metrics[BUILTIN_N_METRICS] = { "train_loss", "validation_loss", "validation_accuracy" };

const struct builtin *builtin_find(const char *program)
{
    for (size_t i = 0; program && i < COUNT(builtins); i++)
        if (strcmp(builtins[i].program, program) == 0)
            return &builtins[i];
    return NULL;
}

const struct builtin_param *builtin_find_param(const struct builtin *b, const char *name)
{
    for (size_t i = 0; i < b->n_params; i++)
        if (strcmp(b->params[i].name, name) == 0)
            return &b->params[i];
    return NULL;
}

bool builtin_allows(const struct builtin_param *p, double value)
{
    if (p->kind == BUILTIN_BOOL || (p->kind == BUILTIN_INT && value != floor(value)))
        return false;
    return (p->is_above ? value > p->low : value >= p->low) && (p->is_below ? value < p->high : value <= p->high);
}

void builtin_describe(const struct builtin_param *p, struct str *out)
{
    if (p->kind == BUILTIN_BOOL) {
        str_add(out, "true or false");
        return;
    }
    str_addf(out, "%s %s %.15g %s %.15g", p->kind == BUILTIN_INT ? "a whole number" : "a number",
        p->is_above ? "above" : "from", p->low, p->is_below ? "to below" : "to", p->high);
}
