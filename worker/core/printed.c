#include "worker/core/printed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/domain/space.h"
#include "common/proto/json.h"

#define SEPARATORS " \t\r\v\f,;|()[]{}\"'"

void printed_clear(struct printed *p)
{
    *p = (struct printed){ 0 };
}

/* What was gathered for another step, and never became a report, is of no use any more. */
static void begin_step(struct printed *p, int64_t step)
{
    if (p->has_step && p->step != step)
        printed_clear(p);
    p->has_step = true;
    p->step = step;
}

static int find(const struct printed *p, const char *name)
{
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->metrics[i].name, name) == 0)
            return i;
    return -1;
}

/* A later value replaces the former; of too many the last makes room for the objective's. */
static void add(struct printed *p, const char *name, double value, const char *metric)
{
    bool is_objective = strcmp(name, metric) == 0;
    int i = find(p, name);
    if (!isfinite(value)) {
        p->diverged |= is_objective;
        return;
    }
    if (i < 0 && p->n == LIMIT_METRICS && !is_objective)
        return;
    if (i < 0)
        i = p->n < LIMIT_METRICS ? p->n++ : LIMIT_METRICS - 1;
    str_copy(p->metrics[i].name, sizeof p->metrics[i].name, name);
    p->metrics[i].value = value;
    p->has_metric |= is_objective;
}

/* ---- which step ---- */

/* Of both, `epoch` is the one that budgets count. */
struct step {
    int64_t value;
    bool is_known, is_epoch;
};

/* True when the name is one of a step's, whatever its value. */
static bool take_step(struct step *s, const char *name, double value)
{
    bool is_epoch = strcmp(name, "epoch") == 0;
    if (!is_epoch && strcmp(name, "step") != 0)
        return false;
    if (value >= 0 && value <= LIMIT_BUDGET && value == floor(value) && (is_epoch || !s->is_epoch))
        *s = (struct step){ .value = (int64_t)value, .is_known = true, .is_epoch = is_epoch };
    return true;
}

/* ---- the two forms of a line: each walks it once for the step, and once for the metrics ---- */

typedef void (*pair_fn)(void *context, const char *name, double value);

/* name=value; `text` is one word. False when it is none. */
static bool read_word(const char *word, size_t len, char name[LIMIT_NAME + 1], double *value)
{
    const char *equals = memchr(word, '=', len);
    char number[64], *end;
    size_t n_name = equals ? (size_t)(equals - word) : 0, n_number = len - n_name - 1;
    if (n_name == 0 || n_name > LIMIT_NAME || n_number == 0 || n_number >= sizeof number)
        return false;
    memcpy(name, word, n_name);
    name[n_name] = '\0';
    memcpy(number, equals + 1, n_number);
    number[n_number] = '\0';
    *value = strtod(number, &end);
    return *end == '\0' && name_is_valid(name);
}

static void walk_words(const char *line, pair_fn each, void *context)
{
    char name[LIMIT_NAME + 1];
    double value;
    for (const char *word = line + strspn(line, SEPARATORS); *word; word += strspn(word, SEPARATORS)) {
        size_t len = strcspn(word, SEPARATORS);
        if (read_word(word, len, name, &value))
            each(context, name, value);
        word += len;
    }
}

static void walk_object(json_value object, pair_fn each, void *context)
{
    for (json_value m = json_first(object); m; m = json_next(m)) {
        if (json_type(m) == JSON_NUMBER && name_is_valid(json_key(m)))
            each(context, json_key(m), json_number(m));
        else if (json_type(m) == JSON_OBJECT && strcmp(json_key(m), "metrics") == 0)
            walk_object(m, each, context);
    }
}

struct taking {
    struct printed *p;
    const char *metric;
    struct step step;
};

static void each_step(void *context, const char *name, double value)
{
    struct taking *t = context;
    take_step(&t->step, name, value);
}

static void each_metric(void *context, const char *name, double value)
{
    struct taking *t = context;
    struct step ignored = { 0 };
    if (!take_step(&ignored, name, value) || strcmp(name, t->metric) == 0)
        add(t->p, name, value, t->metric);
}

/* Python's json module writes NaN and Infinity, which JSON does not have: {"loss": NaN}. */
static bool says_not_finite(const char *line, const char *metric)
{
    struct str key = { 0 };
    str_addf(&key, "\"%s\"", metric);
    const char *at = strstr(line, str_text(&key));
    at = at ? at + key.len : "";
    at += strspn(at, " \t:");
    at += *at == '-';
    str_deinit(&key);
    return str_starts(at, "NaN") || str_starts(at, "Infinity");
}

bool printed_take(struct printed *p, const char *line, size_t len, const char *metric)
{
    struct taking t = { .p = p, .metric = metric };
    if (len > LIMIT_PRINTED_LINE || !memchr(line, *line == '{' ? ':' : '=', len))
        return false;
    struct json_doc *doc = *line == '{' ? json_parse(line, len, NULL) : NULL;
    if (doc)
        walk_object(json_root(doc), each_step, &t);
    else
        walk_words(line, each_step, &t);
    if (t.step.is_known)
        begin_step(p, t.step.value);
    if (doc)
        walk_object(json_root(doc), each_metric, &t);
    else
        walk_words(line, each_metric, &t);
    p->diverged |= *line == '{' && !doc && says_not_finite(line, metric);
    json_free(doc);
    return p->has_metric || p->diverged;
}

void printed_put(const struct printed *p, struct str *out)
{
    json_open_object(out);
    for (int i = 0; i < p->n; i++)
        json_add_number(out, p->metrics[i].name, p->metrics[i].value);
    json_close_object(out);
}
