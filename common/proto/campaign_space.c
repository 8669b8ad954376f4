/* campaign_space.c: `space` of the campaign file: its parameters, one by one. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/proto/campaign_reader.h"

static const char *const type_names[] = {
    [PARAM_INT] = "int",
    [PARAM_FLOAT] = "float",
    [PARAM_CATEGORICAL] = "categorical",
};

static const char *const numeric_keys[] = { "type", "low", "high", "step", "log", "when" };
static const char *const categorical_keys[] = { "type", "choices", "ordered", "when" };
enum { N_NUMERIC_KEYS = 6, N_CATEGORICAL_KEYS = 4 };

/* Doubles whose differences are still finite, and far from where they stop. */
#define FLOAT_LIMIT 1e300

static bool has_word(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* A key of the other kind of parameter is named as such; any other unknown key gets a suggestion. */
static void check_keys(struct reader *r, json_value v, const char *pointer, enum param_type type)
{
    bool is_numeric = type != PARAM_CATEGORICAL;
    const char *const *mine = is_numeric ? numeric_keys : categorical_keys;
    size_t n_mine = is_numeric ? N_NUMERIC_KEYS : N_CATEGORICAL_KEYS;
    for (json_value m = json_first(v); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        if (has_word(json_key(m), mine, n_mine))
            continue;
        if (has_word(json_key(m), numeric_keys, N_NUMERIC_KEYS) ||
            has_word(json_key(m), categorical_keys, N_CATEGORICAL_KEYS))
            problems_add(r->problems, at.text, "\"%s\" is not for the type %s: expected only %s", json_key(m),
                type_names[type], is_numeric ? "low, high, step, log and when" : "choices, ordered and when");
        else
            read_unknown(r, at.text, "key", json_key(m), mine, n_mine);
    }
}

/* One end of the range. */
static bool read_bound(
    struct reader *r, json_value v, const char *pointer, const char *key, struct param *p, double *out)
{
    json_value bound = json_get(v, key);
    struct pointer at = pointer_to(pointer, key);
    int64_t whole;
    if (!bound) {
        problems_add(r->problems, pointer, "\"%s\" is missing: expected a number", key);
        return false;
    }
    if (p->type == PARAM_INT) {
        if (!read_int(r, bound, at.text, -(INT64_C(1) << 53), INT64_C(1) << 53, &whole))
            return false;
        *out = (double)whole;
        return true;
    }
    if (json_type(bound) != JSON_NUMBER || fabs(json_number(bound)) > FLOAT_LIMIT)
        return read_refuse(r, bound, at.text, "a number (at most 1e300)");
    *out = json_number(bound) + 0.0; /* one zero */
    return true;
}

static void read_log(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    json_value log = json_get(v, "log");
    struct pointer at = pointer_to(pointer, "log");
    if (!log || !read_bool(r, log, at.text, &p->is_log) || !p->is_log || p->low > 0)
        return;
    problems_add(r->problems, at.text, "true with low %.15g: expected low above 0 for a logarithmic range", p->low);
}

static void read_step(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    json_value step = json_get(v, "step");
    struct pointer at = pointer_to(pointer, "step");
    int64_t whole;
    p->step = p->type == PARAM_INT ? 1 : 0;
    if (!step)
        return;
    double value = json_type(step) == JSON_NUMBER ? json_number(step) : 0;
    if (p->type == PARAM_INT && (!json_is_integer(step, &whole) || whole < 1))
        read_refuse(r, step, at.text, "a whole number from 1");
    else if (value <= 0)
        read_refuse(r, step, at.text, "a number above 0");
    else if (value > p->high - p->low && p->high > p->low)
        read_refuse(r, step, at.text, "at most high - low, %.15g", p->high - p->low);
    else if ((p->high - p->low) / value > 0x1p53)
        read_refuse(r, step, at.text, "at most 2^53 steps from low to high");
    else if (p->is_log && !(p->type == PARAM_INT && value == 1))
        problems_add(r->problems, at.text, "a step with \"log\": true: expected one of the two");
    else
        p->step = value;
}

static void read_range(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    bool has_low = read_bound(r, v, pointer, "low", p, &p->low);
    bool has_high = read_bound(r, v, pointer, "high", p, &p->high);
    if (!has_low || !has_high)
        return;
    if (p->low > p->high) {
        struct pointer at = pointer_to(pointer, "low");
        problems_add(r->problems, at.text, "%.15g is more than high: expected at most %.15g", p->low, p->high);
        return;
    }
    read_log(r, v, pointer, p);
    read_step(r, v, pointer, p);
}

static bool choice_equal(const struct choice *a, const struct choice *b)
{
    return a->type == b->type && a->number == b->number && str_equal(a->text, b->text);
}

/* False when it is none; *out is then a number that takes its place. */
static bool parse_choice(struct reader *r, json_value v, const char *pointer, struct choice *out)
{
    enum json_type type = json_type(v);
    *out = (struct choice){ 0 };
    if (type == JSON_TEXT && strlen(json_text(v)) > LIMIT_CHOICE_TEXT)
        return read_refuse(r, v, pointer, "at most %d bytes", LIMIT_CHOICE_TEXT);
    if (type == JSON_TEXT)
        *out = (struct choice){ .type = CHOICE_TEXT, .text = mem_strdup(json_text(v)) };
    else if (type == JSON_BOOL)
        *out = (struct choice){ .type = CHOICE_BOOL, .number = json_bool(v) };
    else if (type == JSON_NUMBER)
        *out = (struct choice){ .type = CHOICE_NUMBER, .number = json_number(v) + 0.0 };
    else
        return read_refuse(r, v, pointer, "a number, a text, true or false");
    return true;
}

static void read_choice(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    struct choice *c = &p->choices[p->n_choices++];
    if (!parse_choice(r, v, pointer, c))
        return;
    for (struct choice *before = p->choices; before < c; before++)
        if (choice_equal(before, c)) {
            struct str found = { 0 };
            put_found(&found, v);
            problems_add(r->problems, pointer, "%s stands twice: expected each choice once", str_text(&found));
            str_deinit(&found);
            return;
        }
}

static void read_choices(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    json_value choices = json_get(v, "choices"), ordered = json_get(v, "ordered");
    struct pointer at = pointer_to(pointer, "choices"), ordered_at = pointer_to(pointer, "ordered");
    if (ordered)
        read_bool(r, ordered, ordered_at.text, &p->is_ordered);
    if (!choices) {
        problems_add(r->problems, pointer, "\"choices\" is missing: expected an array of values");
        return;
    }
    if (!read_array(r, choices, at.text, 1, LIMIT_CHOICES))
        return;
    p->choices = mem_zalloc(json_len(choices), sizeof *p->choices);
    for (json_value c = json_first(choices); c; c = json_next(c)) {
        struct pointer choice_at = pointer_at(at.text, (size_t)p->n_choices);
        read_choice(r, c, choice_at.text, p);
    }
}

static void read_when(struct reader *r, json_value v, const char *pointer, struct param *p)
{
    json_value when = json_get(v, "when");
    struct pointer at = pointer_to(pointer, "when");
    const char *text;
    if (when && read_text(r, when, at.text, LIMIT_EXPRESSION, &text))
        p->when = mem_strdup(text);
}

/* SQL does not tell upper case from lower, and names columns by the parameters. */
static void check_name(struct reader *r, const char *name, const char *pointer)
{
    const struct space *s = &r->spec->space;
    if (!name_is_valid(name))
        problems_add(r->problems, pointer,
            "not a parameter's name: expected letters, digits and _.- (the first a letter or _), at most %d",
            LIMIT_NAME);
    for (int i = 0; i < s->n_params; i++)
        if (strcasecmp(s->params[i].name, name) == 0)
            problems_add(
                r->problems, pointer, "differs from \"%s\" only in case: expected another name", s->params[i].name);
}

static void read_param(struct reader *r, json_value v, const char *pointer)
{
    struct param *p = &r->spec->space.params[r->spec->space.n_params];
    int type;
    check_name(r, json_key(v), pointer);
    str_copy(p->name, sizeof p->name, json_key(v));
    r->spec->space.n_params++;
    if (!read_object(r, v, pointer))
        return;
    if (!json_get(v, "type")) {
        problems_add(r->problems, pointer, "\"type\" is missing: expected int, float or categorical");
        return;
    }
    struct pointer at = pointer_to(pointer, "type");
    if (!read_word(r, json_get(v, "type"), at.text, type_names, 3, "type", &type))
        return;
    p->type = (enum param_type)type;
    check_keys(r, v, pointer, p->type);
    if (p->type == PARAM_CATEGORICAL)
        read_choices(r, v, pointer, p);
    else
        read_range(r, v, pointer, p);
    read_when(r, v, pointer, p);
}

void read_space(struct reader *r, json_value v, const char *pointer)
{
    if (!read_object(r, v, pointer))
        return;
    size_t n = json_len(v);
    if (n < 1 || n > LIMIT_PARAMS) {
        problems_add(r->problems, pointer, "%zu parameters: expected 1 to %d", n, LIMIT_PARAMS);
        return;
    }
    r->spec->space.params = mem_zalloc(n, sizeof *r->spec->space.params);
    for (json_value m = json_first(v); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        read_param(r, m, at.text);
    }
}
