#include "coordinator/exchange/foreign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/search/search.h"

void foreign_add(struct foreign *f, const char *label, const char *config, int64_t budget, double value)
{
    f->results = mem_grow(f->results, f->n, &f->cap, sizeof *f->results);
    f->results[f->n++] = (struct foreign_result){ mem_strdup(label), mem_strdup(config), budget, value };
}

void foreign_deinit(struct foreign *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->results[i].label);
        free(f->results[i].config);
    }
    free(f->results);
    *f = (struct foreign){ 0 };
}

/* ---- another campaign ---- */

struct reading {
    struct foreign *f;
    const struct takeout *t;
};

static int take_result(void *context, const struct result_row *row, struct err *e)
{
    struct reading *r = context;
    const struct takeout_trial *trial = takeout_find(r->t, row->trial);
    int64_t rungs[LIMIT_RUNGS];
    int n = trial ? search_bracket_rungs(&r->t->spec->search, trial->row.bracket, rungs) : 0;
    if (row->rung < 0 || row->rung >= n)
        return 0;
    struct str label = { 0 }, config = { 0 };
    str_addf(&label, "trial %u", trial->row.number);
    config_to_json_with_fixed(&r->t->spec->space, trial->row.x, r->t->spec->trial.fixed, &config);
    foreign_add(
        r->f, str_text(&label), str_text(&config), rungs[row->rung], row->failure == FAILURE_NONE ? row->value : NAN);
    str_deinit(&label);
    str_deinit(&config);
    return 0;
}

int foreign_read_campaign(struct foreign *f, const struct takeout *t, struct err *e)
{
    struct reading r = { f, t };
    struct result_filter counted = { .campaign = t->row.id, .is_counted_only = true };
    f->goal = t->spec->goal;
    for (size_t i = 0; i < t->n; i++)
        f->n_silent += isnan(t->trials[i].row.value) && t->trials[i].failure == FAILURE_NONE;
    return store_load_results(t->store, &counted, take_result, &r, e);
}

/* ---- does it fit? ---- */

static void note_ignored(struct str *ignored, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = str_text(ignored); (at = strstr(at, name)); at += len)
        if ((at == ignored->text || at[-1] == ' ') && (at[len] == '\0' || at[len] == ','))
            return;
    str_addf(ignored, "%s%s", ignored->len ? ", " : "", name);
}

/* What of the object the space knows. */
static void keep_known(const struct campaign_spec *spec, json_value object, struct str *out, struct str *ignored)
{
    struct json_doc *fixed = json_parse(spec->trial.fixed, strlen(spec->trial.fixed), NULL);
    json_open_object(out);
    for (json_value v = json_first(object); v; v = json_next(v)) {
        if (json_type(v) == JSON_NULL)
            continue;
        if (space_find(&spec->space, json_key(v)) < 0) {
            if (!fixed || !json_get(json_root(fixed), json_key(v)))
                note_ignored(ignored, json_key(v));
            continue;
        }
        json_put_key(out, json_key(v));
        json_print(out, v);
    }
    json_close_object(out);
    json_free(fixed);
}

/* Leaves out what is absent, and finds what is missing and which `where` does not hold. */
static bool obeys(const struct campaign_spec *spec, struct expr *expr, double *x, struct str *why)
{
    bool present[LIMIT_PARAMS];
    expr_presence(expr, x, present);
    for (int i = 0; i < spec->space.n_params; i++) {
        if (!present[i])
            x[i] = NAN;
        else if (isnan(x[i])) {
            str_addf(why, "%s is missing", spec->space.params[i].name);
            return false;
        }
    }
    int broken = expr_first_broken(expr, x, 0);
    if (broken >= 0)
        str_addf(why, "breaks \"%s\"", spec->where[broken]);
    return broken < 0;
}

bool foreign_fit(const struct foreign_result *r, const struct campaign_spec *spec, struct expr *expr, double *x,
    struct str *why, struct str *ignored)
{
    struct problems problems = { 0 };
    struct str known = { 0 };
    struct err e = { 0 };
    struct json_doc *doc = json_parse(r->config, strlen(r->config), &e);
    struct json_doc *kept = NULL;
    if (doc && json_type(json_root(doc)) == JSON_OBJECT) {
        keep_known(spec, json_root(doc), &known, ignored);
        kept = json_parse(str_text(&known), known.len, &e);
    }
    bool fits = kept && config_from_value(&spec->space, json_root(kept), "", x, &problems) == 0;
    if (!fits)
        str_addf(why, "%s%s%s", problems.n ? problems.items[0].pointer + 1 : "", problems.n ? ": " : e.text,
            problems.n ? problems.items[0].text : "");
    fits = fits && obeys(spec, expr, x, why);
    json_free(doc);
    json_free(kept);
    str_deinit(&known);
    problems_deinit(&problems);
    return fits;
}
