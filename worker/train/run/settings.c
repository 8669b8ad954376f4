#include "worker/train/run/settings.h"

#include <assert.h>
#include <stddef.h>

enum type { WHOLE, REAL, TRUTH };
enum { GRU = 1 << MODEL_GRU_ATTENTION, LINEAR = 1 << MODEL_LINEAR };

struct key {
    const char *name;
    enum type type;
    size_t offset;
    int models; /* which models have it */
    double standard, low, high;
    bool is_open; /* high itself is too much */
    const char *help;
};

#define AT(field) offsetof(struct settings, field)

/* clang-format off */
static const struct key keys[] = {
    { "hidden_size",      WHOLE, AT(hidden_size),      GRU,          64,   1, 16384, false, "units of a GRU layer; divisible by num_heads" },
    { "num_layers",       WHOLE, AT(num_layers),       GRU,          2,    1, 64,    false, "GRU layers" },
    { "num_heads",        WHOLE, AT(num_heads),        GRU,          1,    1, 16384, false, "attention heads" },
    { "hidden_1",         WHOLE, AT(hidden_1),         LINEAR,       100,  1, 65536, false, "units of the first layer" },
    { "hidden_2",         WHOLE, AT(hidden_2),         LINEAR,       10,   1, 65536, false, "units of the second layer" },
    { "dropout",          REAL,  AT(dropout),          GRU | LINEAR, 0.1,  0, 1,     true,  "share of units dropped in training" },
    { "batch_size",       WHOLE, AT(batch_size),       GRU | LINEAR, 128,  1, 65536, false, "sequences of one step" },
    { "learning_rate",    REAL,  AT(learning_rate),    GRU | LINEAR, 1e-3, 0, 1e6,   false, "of Adam, at the beginning" },
    { "weight_decay",     REAL,  AT(weight_decay),     GRU | LINEAR, 0,    0, 1e6,   false, "added to the gradient, times the weight" },
    { "clip_norm",        REAL,  AT(clip_norm),        GRU | LINEAR, 0,    0, 1e9,   false, "largest norm of the gradient; 0: any" },
    { "plateau_factor",   REAL,  AT(plateau_factor),   GRU | LINEAR, 0.9,  0, 1,     false, "of the learning rate, on a plateau" },
    { "plateau_patience", WHOLE, AT(plateau_patience), GRU | LINEAR, 10,   0, 1e9,   false, "epochs that make a plateau" },
    { "standardize",      TRUTH, AT(standardize),      GRU | LINEAR, 1,    0, 1,     false, "features to mean 0 and a common size" },
    { "average_epochs",   REAL,  AT(average_epochs),   GRU | LINEAR, 1,    0, 1000,  false, "judge the mean of the weights over so many; 0: the last" },
    { "feature_shift",    REAL,  AT(jitter.shift),     GRU | LINEAR, 0,    0, 100,   false, "deviation of what a training sequence's features are shifted by" },
    { "feature_stretch",  REAL,  AT(jitter.stretch),   GRU | LINEAR, 0,    0, 1,     false, "deviation of the factor that they are multiplied with, around 1" },
    { "feature_noise",    REAL,  AT(jitter.noise),     GRU | LINEAR, 0,    0, 100,   false, "deviation of the noise on each of their values" },
    { "repeat",           WHOLE, AT(repeat),           GRU | LINEAR, 1,    1, 1e6,   false, "changes nothing: tells apart trials that differ in their seeds" },
};
/* clang-format on */

enum { N_KEYS = sizeof keys / sizeof *keys };

static bool has_key(const struct key *k, enum model_kind kind)
{
    return k->models & (1 << kind);
}

static void *field_of(struct settings *s, const struct key *k)
{
    return (char *)s + k->offset;
}

static void set_number(struct settings *s, const struct key *k, double value)
{
    if (k->type == WHOLE)
        *(int64_t *)field_of(s, k) = (int64_t)value;
    else if (k->type == REAL)
        *(double *)field_of(s, k) = value;
    else
        *(bool *)field_of(s, k) = value != 0;
}

static int parse_value(struct settings *s, const struct key *k, json_value v, struct err *e)
{
    static const char *const wanted[] = { [WHOLE] = "a whole number", [REAL] = "a number", [TRUTH] = "true or false" };
    int64_t whole;
    bool fits = k->type == TRUTH   ? json_type(v) == JSON_BOOL
                : k->type == WHOLE ? json_is_integer(v, &whole)
                                   : json_type(v) == JSON_NUMBER;
    if (!fits)
        return err_set(e, ERR_INVALID, "%s must be %s, not %s", k->name, wanted[k->type],
            json_type(v) == JSON_NUMBER ? "one with a fraction" : json_type_name(v));
    double value = k->type == TRUTH ? json_bool(v) : json_number(v);
    if (value < k->low || value > k->high || (k->is_open && value == k->high))
        return err_set(e, ERR_INVALID, "%s is %.10g: it must be from %g to %s%.10g", k->name, value, k->low,
            k->is_open ? "below " : "", k->high);
    set_number(s, k, value);
    return 0;
}

static int refuse_key(enum model_kind kind, const char *name, struct err *e)
{
    const char *names[N_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        if (has_key(&keys[i], kind))
            names[n++] = keys[i].name;
        else if (str_equal(keys[i].name, name))
            return err_set(e, ERR_INVALID, "%s is not a setting of the model %s", name, model_kind_name(kind));
    }
    const char *nearest = str_nearest(name, names, n);
    return err_set(e, ERR_INVALID, "unknown setting \"%.64s\"%s%s%s", name, nearest ? "; did you mean \"" : "",
        nearest ? nearest : "", nearest ? "\"?" : "");
}

static int parse_member(struct settings *s, json_value v, struct err *e)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (has_key(&keys[i], s->kind) && str_equal(keys[i].name, json_key(v)))
            return parse_value(s, &keys[i], v, e);
    return refuse_key(s->kind, json_key(v), e);
}

int settings_parse(struct settings *s, enum model_kind kind, json_value config, struct err *e)
{
    struct settings read = { .kind = kind };
    for (size_t i = 0; i < N_KEYS; i++)
        set_number(&read, &keys[i], keys[i].standard);
    if (config && json_type(config) != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "a configuration must be an object, not %s", json_type_name(config));
    for (json_value v = config ? json_first(config) : NULL; v; v = json_next(v))
        if (parse_member(&read, v, e))
            return -1;
    *s = read;
    return 0;
}

struct model_config settings_model(const struct settings *s, size_t n_features, size_t n_classes)
{
    return (struct model_config){ .kind = s->kind,
        .n_features = n_features,
        .n_classes = n_classes,
        .hidden_size = (size_t)s->hidden_size,
        .num_layers = (size_t)s->num_layers,
        .num_heads = (size_t)s->num_heads,
        .hidden_1 = (size_t)s->hidden_1,
        .hidden_2 = (size_t)s->hidden_2,
        .dropout = s->dropout };
}

void settings_print(struct str *out, const struct settings *s)
{
    struct settings copy = *s;
    json_open_object(out);
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!has_key(&keys[i], s->kind))
            continue;
        const void *field = field_of(&copy, &keys[i]);
        if (keys[i].type == WHOLE)
            json_add_int(out, keys[i].name, *(const int64_t *)field);
        else if (keys[i].type == REAL)
            json_add_number(out, keys[i].name, *(const double *)field);
        else
            json_add_bool(out, keys[i].name, *(const bool *)field);
    }
    json_close_object(out);
}

void settings_help(struct str *out, enum model_kind kind)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (has_key(&keys[i], kind))
            str_addf(out, "  %-18s %s (%s%g)\n", keys[i].name, keys[i].help, keys[i].type == TRUTH ? "0 or 1: " : "",
                keys[i].standard);
}

int settings_parse_kind(enum model_kind *kind, const char *name, struct err *e)
{
    const char *names[MODEL_N_KINDS];
    for (size_t i = 0; i < MODEL_N_KINDS; i++) {
        names[i] = model_kind_name((enum model_kind)i);
        if (str_equal(names[i], name)) {
            *kind = (enum model_kind)i;
            return 0;
        }
    }
    return err_set(e, ERR_INVALID, "there is no model \"%.64s\": take \"%s\" or \"%s\"", name,
        names[MODEL_GRU_ATTENTION], names[MODEL_LINEAR]);
}
