#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/ask/cell.h"
#include "coordinator/search/importance.h"
#include "coordinator/store/ask.h"

#define ENOUGH 40 /* results at a budget, for it to be chosen */
#define LEAST 10  /* with fewer nothing is told */
#define BAR_COLUMNS 24

/* What was observed at one budget. */
struct level {
    int64_t budget;
    double *x, *loss; /* owned: n rows, and n */
    size_t n, n_failed, cap_x, cap_loss;
};

struct observed {
    const struct archive *a;
    struct level levels[LIMIT_RUNGS];
    int n_levels;
    size_t n_params;
};

static struct level *level_of(struct observed *o, int64_t budget)
{
    for (int i = 0; i < o->n_levels; i++)
        if (o->levels[i].budget == budget)
            return &o->levels[i];
    if (o->n_levels == LIMIT_RUNGS)
        return NULL;
    o->levels[o->n_levels] = (struct level){ .budget = budget };
    return &o->levels[o->n_levels++];
}

static int take(void *context, const struct store_observation *seen, struct err *e)
{
    struct observed *o = (struct observed *)context;
    struct level *l = level_of(o, archive_budget(o->a, seen->bracket, seen->rung));
    if (!l)
        return 0;
    if (archive_check_x(o->a, seen->x, seen->n_x, e) < 0)
        return -1;
    l->x = mem_grow(l->x, l->n, &l->cap_x, o->n_params * sizeof *l->x);
    memcpy(l->x + l->n * o->n_params, seen->x, o->n_params * sizeof *l->x);
    l->loss = mem_grow(l->loss, l->n, &l->cap_loss, sizeof *l->loss);
    l->loss[l->n++] = isnan(seen->value) ? INFINITY : campaign_spec_loss(&o->a->spec, seen->value);
    l->n_failed += isnan(seen->value);
    return 0;
}

static void observed_deinit(struct observed *o)
{
    for (int i = 0; i < o->n_levels; i++) {
        free(o->levels[i].x);
        free(o->levels[i].loss);
    }
}

/* ---- by which budget ---- */

static bool is_better(const struct level *a, const struct level *b)
{
    bool is_enough = a->n >= ENOUGH;
    if (is_enough != (b->n >= ENOUGH))
        return is_enough;
    return is_enough || a->n == b->n ? a->budget > b->budget : a->n > b->n;
}

/* The highest with enough results; where none has, the one with most. */
static const struct level *choose(const struct observed *o)
{
    const struct level *chosen = NULL;
    for (int i = 0; i < o->n_levels; i++)
        if (!chosen || is_better(&o->levels[i], chosen))
            chosen = &o->levels[i];
    return chosen;
}

static int refuse_budget(const struct observed *o, int64_t budget, struct err *e)
{
    struct str all = { 0 };
    for (int i = 0; i < o->n_levels; i++)
        str_addf(&all, "%s%lld (%zu)", i ? ", " : "", (long long)o->levels[i].budget, o->levels[i].n);
    if (o->n_levels == 0)
        err_set(e, ERR_NOT_FOUND, "no trial of %s has a result yet", o->a->spec.name);
    else if (budget)
        err_set(e, ERR_NOT_FOUND, "there are too few results at budget %lld: at least %d are needed. There are at %s",
            (long long)budget, LEAST, str_text(&all));
    else
        err_set(e, ERR_NOT_FOUND, "there are too few results: at least %d at one budget are needed. There are at %s",
            LEAST, str_text(&all));
    str_deinit(&all);
    return -1;
}

static const struct level *find_level(const struct observed *o, int64_t budget, struct err *e)
{
    const struct level *l = budget ? NULL : choose(o);
    for (int i = 0; budget && i < o->n_levels; i++)
        if (o->levels[i].budget == budget)
            l = &o->levels[i];
    if (l && l->n >= LEAST)
        return l;
    refuse_budget(o, budget, e);
    return NULL;
}

/* ---- the answer ---- */

struct ranked {
    const struct archive *a;
    const struct level *level;
    size_t n_best;
    struct importance *found; /* owned, by parameter */
    int order[LIMIT_PARAMS];  /* the most important first */
};

static void rank(struct ranked *r)
{
    const struct space *space = &r->a->spec.space;
    r->found = mem_zalloc((size_t)space->n_params + 1, sizeof *r->found);
    r->n_best = importance_find(space, r->level->x, r->level->loss, r->level->n, r->found);
    for (int i = 0; i < space->n_params; i++) {
        int at = i;
        for (; at > 0 && r->found[r->order[at - 1]].share < r->found[i].share; at--)
            r->order[at] = r->order[at - 1];
        r->order[at] = i;
    }
}

static const struct param *param_at(const struct ranked *r, int place)
{
    return &r->a->spec.space.params[r->order[place]];
}

static void add_head_json(const struct archive *a, const struct level *l, size_t n_best, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "schema", "rung.importance/1");
    json_add_text(json, "campaign", a->spec.name);
    json_add_text(json, "metric", a->spec.metric);
    json_add_text(json, "method", "ped-anova");
    json_add_int(json, "budget", l->budget);
    json_add_int(json, "results", (int64_t)l->n);
    json_add_int(json, "failed", (int64_t)l->n_failed);
    json_add_int(json, "best", (int64_t)n_best);
}

static void add_json(const struct ranked *r, struct str *json)
{
    add_head_json(r->a, r->level, r->n_best, json);
    json_put_key(json, "parameters");
    json_open_array(json);
    for (int i = 0; i < r->a->spec.space.n_params; i++) {
        const struct importance *found = &r->found[r->order[i]];
        json_open_object(json);
        json_add_text(json, "parameter", param_at(r, i)->name);
        json_add_number(json, "importance", found->share);
        json_add_int(json, "present", (int64_t)found->n_present);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
    str_add_char(json, '\n');
}

/* For a program that nothing can be said is an answer too, with the reason: e becomes its text. */
static int print_nothing(const struct archive *a, int64_t budget, FILE *out, struct err *e)
{
    struct str json = { 0 };
    const struct level none = { .budget = budget };
    const int answered = err_exit_status(e->code);
    add_head_json(a, &none, 0, &json);
    json_add_text(&json, "why", e->text);
    json_put_key(&json, "parameters");
    json_open_array(&json);
    json_close_array(&json);
    json_close_object(&json);
    str_add_char(&json, '\n');
    int status = archive_print(&json, out, e);
    str_deinit(&json);
    return status < 0 ? -1 : answered;
}

static void add_csv(const struct ranked *r, struct str *csv)
{
    str_add(csv, "parameter,importance,present\r\n");
    for (int i = 0; i < r->a->spec.space.n_params; i++) {
        const struct importance *found = &r->found[r->order[i]];
        struct cell share = { .kind = CELL_NUMBER, .number = found->share };
        cell_add_csv_text(csv, param_at(r, i)->name);
        str_add_char(csv, ',');
        cell_add_csv(&share, csv);
        str_addf(csv, ",%zu\r\n", found->n_present);
    }
}

static void add_heading(const struct ranked *r, const struct view_look *look, struct str *text)
{
    const struct campaign_spec *spec = &r->a->spec;
    archive_add_line(text, look, VIEW_BOLD, "%s: what decides who is among the best by %s", spec->name, spec->metric);
    str_addf(text, "PED-ANOVA (Watanabe et al. 2023) of %zu results at budget %lld", r->level->n,
        (long long)r->level->budget);
    if (r->level->n_failed)
        str_addf(text, ", %zu of them failures", r->level->n_failed);
    str_addf(text, "; %zu are the best.\n", r->n_best);
    if (r->n_best == 0 || r->n_best == r->level->n)
        str_add(text, "They do not tell the best from the others, so nothing can be said.\n");
}

static void add_text(const struct ranked *r, const struct view_look *look, struct str *text)
{
    static const char *const titles[] = { "parameter", ">importance", "", "" };
    struct listing l;
    listing_init(&l, titles, 4);
    for (int i = 0; i < r->a->spec.space.n_params; i++) {
        const struct importance *found = &r->found[r->order[i]];
        struct str bar = { 0 };
        for (int k = 0; k < (int)lround(found->share * BAR_COLUMNS); k++)
            str_add(&bar, look->is_utf8 ? "█" : "#");
        listing_add(&l, param_at(r, i)->name);
        listing_addf(&l, "%.3f", found->share);
        listing_add(&l, str_text(&bar));
        if (found->n_present < r->level->n)
            listing_addf(&l, "there in %zu", found->n_present);
        else
            listing_add(&l, "");
        str_deinit(&bar);
    }
    add_heading(r, look, text);
    listing_print(&l, 0, look, text);
    listing_deinit(&l);
}

static int answer(struct archive *a, const struct asking *q, int64_t budget, FILE *out, struct err *e)
{
    struct observed o = { .a = a, .n_params = (size_t)a->spec.space.n_params };
    struct ranked r = { .a = a };
    struct str text = { 0 };
    int status = store_ask_observations(a->store, a->campaign, take, &o, e);
    if (status == 0 && !(r.level = find_level(&o, budget, e)))
        status = q->is_json ? print_nothing(a, budget, out, e) : -1;
    else if (status == 0) {
        rank(&r);
        if (q->is_json)
            add_json(&r, &text);
        else if (q->is_csv)
            add_csv(&r, &text);
        else
            add_text(&r, &q->look, &text);
        status = archive_print(&text, out, e);
    }
    str_deinit(&text);
    free(r.found);
    observed_deinit(&o);
    return status;
}

int cli_importance(const struct asking *q, int64_t budget, FILE *out, struct err *e)
{
    struct archive a;
    if (archive_open(&a, q, e) < 0)
        return -1;
    int status = answer(&a, q, budget, out, e);
    archive_close(&a);
    return status;
}
