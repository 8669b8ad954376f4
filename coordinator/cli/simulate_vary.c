#include "coordinator/cli/simulate_vary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_word(const char *text, const char *const *words, int n, int *out)
{
    for (int i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_whole(const char *text, int64_t low, int64_t high, int64_t *out)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return end != text && !*end && value >= low && value <= high;
}

static bool set_scheduler(struct variant *v, const char *text)
{
    int found;
    bool is_right = read_word(text, scheduler_names, SCHEDULER_NONE + 1, &found);
    if (is_right)
        v->search.scheduler = (enum scheduler)found;
    return is_right;
}

static bool set_sampler(struct variant *v, const char *text)
{
    int found;
    bool is_right = read_word(text, sampler_names, SAMPLER_GRID + 1, &found);
    if (is_right)
        v->search.sampler = (enum sampler)found;
    return is_right;
}

static bool set_model(struct variant *v, const char *text)
{
    static const char *const names[] = { "default", "bohb" };
    int found;
    bool is_right = read_word(text, names, 2, &found);
    if (is_right)
        v->search.model = (enum search_model)found;
    return is_right;
}

static bool set_eta(struct variant *v, const char *text)
{
    int64_t value;
    bool is_right = read_whole(text, 2, LIMIT_ETA, &value);
    v->search.eta = is_right ? (int)value : v->search.eta;
    return is_right;
}

static bool set_min(struct variant *v, const char *text)
{
    return read_whole(text, 1, v->search.max_budget, &v->search.min_budget);
}

static bool set_trials(struct variant *v, const char *text)
{
    return read_whole(text, 1, LIMIT_TRIALS, &v->search.n_trials);
}

static bool set_workers(struct variant *v, const char *text)
{
    int64_t value;
    bool is_right = read_whole(text, 1, LIMIT_WORKERS, &value);
    v->n_workers = is_right ? (int)value : v->n_workers;
    return is_right;
}

/* clang-format off */
static const struct {
    const char *name;
    bool (*set)(struct variant *, const char *);
    const char *values; /* that it takes */
} names[] = {
    { "scheduler",  set_scheduler, "hyperband, sync-hyperband or none" },
    { "sampler",    set_sampler,   "tpe, random or grid" },
    { "model",      set_model,     "default or bohb" },
    { "eta",        set_eta,       "a whole number from 2" },
    { "min_budget", set_min,       "a whole number from 1 to max_budget" },
    { "trials",     set_trials,    "a whole number from 1" },
    { "workers",    set_workers,   "a whole number from 1 to 4096" },
};
/* clang-format on */
enum { N_NAMES = sizeof names / sizeof *names };

static int find_name(const char *text, size_t len, struct err *e)
{
    const char *all[N_NAMES];
    for (int i = 0; i < N_NAMES; i++) {
        all[i] = names[i].name;
        if (strlen(all[i]) == len && memcmp(all[i], text, len) == 0)
            return i;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(len < 63 ? len : 63), text);
    const char *nearest = str_nearest(name, all, N_NAMES);
    return err_set(e, ERR_USAGE,
        "--vary knows no \"%s\"%s%s%s: scheduler, sampler, model, eta, min_budget, trials, workers", name,
        nearest ? "; is it " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* Adds the variant with this value of the setting. */
static int add(struct variants *out, const struct variant *from, int name, const char *value, struct err *e)
{
    if (out->n == VARY_MAX)
        return err_set(e, ERR_USAGE, "--vary: more than %d combinations", VARY_MAX);
    struct variant *v = &out->items[out->n++];
    *v = *from;
    if (!names[name].set(v, value))
        return err_set(e, ERR_USAGE, "--vary %s=%s: expected %s", names[name].name, value, names[name].values);
    size_t len = strlen(v->label);
    snprintf(v->label + len, sizeof v->label - len, "%s%s=%s", len ? " " : "", names[name].name, value);
    return 0;
}

/* Each of what there is so far, with each value of one more setting. */
static int multiply(struct variants *all, const char *text, struct err *e)
{
    size_t len = strcspn(text, "=");
    if (!text[len] || !text[len + 1])
        return err_set(e, ERR_USAGE, "--vary takes NAME=A,B,..., not \"%s\"", text);
    int name = find_name(text, len, e);
    if (name < 0)
        return -1;
    struct variants before = *all;
    all->n = 0;
    for (int i = 0; i < before.n; i++)
        for (const char *at = text + len + 1; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
            char value[64];
            snprintf(value, sizeof value, "%.*s", (int)strcspn(at, ","), at);
            if (add(all, &before.items[i], name, value, e) < 0)
                return -1;
        }
    return 0;
}

int variants_make(struct variants *out, const struct variant *base, const char *const *vary, int n, struct err *e)
{
    out->items[0] = *base;
    out->items[0].label[0] = '\0';
    out->n = 1;
    for (int i = 0; i < n; i++)
        if (multiply(out, vary[i], e) < 0)
            return -1;
    for (int i = 0; i < out->n; i++)
        if (!out->items[i].label[0])
            str_copy(out->items[i].label, sizeof out->items[i].label, "as it is");
    return 0;
}
