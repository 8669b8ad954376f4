#include "coordinator/cli/largest.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/domain/builtin.h"
#include "common/proto/json.h"
#include "coordinator/cli/setting.h"
#include "worker/train/data/shape.h"

/* What memory grows with, and where it stands in struct builtin_size. */
static const struct {
    const char *name;
    size_t offset;
} sizes[] = {
    { "hidden_size", offsetof(struct builtin_size, hidden_size) },
    { "num_layers", offsetof(struct builtin_size, num_layers) },
    { "num_heads", offsetof(struct builtin_size, num_heads) },
    { "hidden_1", offsetof(struct builtin_size, hidden_1) },
    { "hidden_2", offsetof(struct builtin_size, hidden_2) },
    { "batch_size", offsetof(struct builtin_size, batch_size) },
};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

struct finding {
    const struct campaign_spec *spec;
    struct rules rules;
    struct setting settings[N_SIZES];
    bool is_used[N_SIZES]; /* the program has it */
};

static double *member(struct builtin_size *s, size_t i)
{
    return (double *)(void *)((char *)s + sizes[i].offset);
}

static void open_finding(struct finding *f, const struct campaign_spec *spec, struct expr *x)
{
    const struct builtin *b = builtin_find(spec->trial.program);
    *f = (struct finding){ .spec = spec, .rules = expr_rules(x) };
    for (size_t i = 0; i < N_SIZES; i++) {
        f->is_used[i] = builtin_find_param(b, sizes[i].name) != NULL;
        if (f->is_used[i])
            setting_find(&f->settings[i], spec, sizes[i].name);
    }
}

/* Reads the sizes of a configuration. Returns whether the campaign allows it and the program takes it. */
static bool take_sizes(const struct finding *f, const double *values, struct builtin_size *out)
{
    double resolved[LIMIT_PARAMS];
    memcpy(resolved, values, sizeof *values * (size_t)f->spec->space.n_params);
    if (!rules_resolve(&f->rules, resolved))
        return false;
    for (size_t i = 0; i < N_SIZES; i++) {
        double value = f->is_used[i] ? setting_value(&f->settings[i], resolved) : 0;
        *member(out, i) = isnan(value) ? f->settings[i].value : value;
    }
    return !f->is_used[2] || fmod(out->hidden_size, out->num_heads) == 0;
}

/* The value of its parameter that is the most. */
static double highest_value(const struct setting *s)
{
    double most = setting_highest(s);
    for (int i = 0; i < s->param->n_choices; i++)
        if (s->param->choices[i].number == most)
            return i;
    return most;
}

/* Raises one size after another, beginning with number `first`, as far as it is allowed. */
static void climb(const struct finding *f, double *values, size_t first, struct builtin_size *size)
{
    for (size_t k = 0; k < N_SIZES; k++) {
        const struct setting *s = &f->settings[(first + k) % N_SIZES];
        struct builtin_size raised;
        if (!s->param)
            continue;
        double before = values[s->index];
        values[s->index] = highest_value(s);
        if (take_sizes(f, values, &raised))
            *size = raised;
        else
            values[s->index] = before;
    }
}

static void find_corner(struct largest *out, const struct finding *f, const struct builtin_data *data)
{
    enum { DRAWS = 300 };
    const struct space *space = &f->spec->space;
    struct rng r;
    rng_derive(&r, f->spec->seed, 0, RNG_FEASIBLE, 2);
    for (size_t n = 0; n < DRAWS; n++) {
        double values[LIMIT_PARAMS];
        struct builtin_size size;
        for (int i = 0; i < space->n_params; i++)
            values[i] = param_sample(&space->params[i], &r);
        bool is_allowed = take_sizes(f, values, &size);
        if (!is_allowed)
            size = (struct builtin_size){ 0 };
        climb(f, values, n, &size);
        if (size.batch_size == 0)
            continue; /* neither it nor a corner beside it is allowed */
        double bytes = builtin_memory(f->spec->trial.program, &size, data);
        if (bytes > out->bytes) {
            out->bytes = bytes;
            out->size = size;
        }
    }
}

int largest_find(struct largest *out, const struct campaign_spec *spec, struct expr *x, struct err *e)
{
    *out = (struct largest){ .program = spec->trial.program };
    if (!spec->trial.program || !spec->trial.data)
        return 0;
    struct json_doc *doc = json_parse(spec->trial.data, strlen(spec->trial.data), NULL);
    struct data_spec named;
    struct builtin_data data;
    bool is_known = doc && data_spec_parse(&named, json_root(doc), "", NULL) == 0;
    json_free(doc);
    if (!is_known)
        return 0; /* the check of trial.data says so */
    if (data_shape_find(&data, &named, e) < 0)
        return -1;
    struct finding f;
    open_finding(&f, spec, x);
    find_corner(out, &f, &data);
    return 0;
}

void largest_put_bytes(double bytes, struct str *out)
{
    const double mib = 1 << 20;
    if (bytes < 1024 * mib)
        str_addf(out, "%.0f MiB", ceil(bytes / mib));
    else
        str_addf(out, "%.1f GiB", bytes / mib / 1024);
}

void largest_put_size(const struct largest *l, struct str *out)
{
    const struct builtin *b = builtin_find(l->program);
    const char *comma = "";
    for (size_t i = 0; i < N_SIZES; i++) {
        if (!builtin_find_param(b, sizes[i].name))
            continue;
        str_addf(out, "%s%s %.15g", comma, sizes[i].name,
            *(const double *)(const void *)((const char *)&l->size + sizes[i].offset));
        comma = ", ";
    }
}

void largest_check(
    const struct largest *l, const struct campaign_spec *spec, int64_t machine_bytes, struct problems *problems)
{
    int64_t limit = spec->limits.trial_memory_bytes;
    struct str need = { 0 }, size = { 0 }, there = { 0 };
    if (l->bytes == 0 || (limit == 0 && machine_bytes == 0) || l->bytes <= (double)(limit ? limit : machine_bytes))
        return;
    largest_put_bytes(l->bytes, &need);
    largest_put_size(l, &size);
    largest_put_bytes((double)(limit ? limit : machine_bytes), &there);
    if (limit)
        problems_add(problems, "/limits/trial_memory",
            "%s: the largest trial needs about %s (%s): allow more, or narrow the space", str_text(&there),
            str_text(&need), str_text(&size));
    else
        problems_add(problems, "/space",
            "the largest trial needs about %s (%s), and this machine has %s: narrow the space, or set "
            "limits.trial_memory to what the machines of the workers have for a trial",
            str_text(&need), str_text(&size), str_text(&there));
    str_deinit(&need);
    str_deinit(&size);
    str_deinit(&there);
}
