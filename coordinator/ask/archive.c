#include "coordinator/ask/archive.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/search/search.h"
#include "coordinator/store/ask.h"

/* ---- which campaign ---- */

static char *read_name(const char *file)
{
    struct json_doc *doc = json_parse(file, strlen(file), NULL);
    json_value name = doc ? json_get(json_root(doc), "name") : NULL;
    char *text = mem_strdup(name && json_type(name) == JSON_TEXT ? json_text(name) : "");
    json_free(doc);
    return text;
}

static int take_campaign(void *context, const struct campaign_row *row, struct err *e)
{
    struct archive *a = (struct archive *)context;
    a->campaigns = mem_grow(a->campaigns, a->n_campaigns, &a->cap_campaigns, sizeof *a->campaigns);
    struct archived_campaign *c = &a->campaigns[a->n_campaigns++];
    *c = (struct archived_campaign){ *row, read_name(row->file) };
    c->row.file = mem_strdup(row->file);
    return 0;
}

static int take_worker(void *context, const struct worker_row *row, struct err *e)
{
    struct archive *a = (struct archive *)context;
    a->workers = mem_grow(a->workers, a->n_workers, &a->cap_workers, sizeof *a->workers);
    a->workers[a->n_workers++] = (struct archived_worker){ row->id, mem_strdup(row->name), mem_strdup(row->host) };
    return 0;
}

static int refuse(const struct archive *a, const struct asking *q, struct err *e)
{
    if (a->n_campaigns == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no campaign in %s yet", q->store);
    const char **names = mem_zalloc(a->n_campaigns, sizeof *names);
    for (size_t i = 0; i < a->n_campaigns; i++)
        names[i] = a->campaigns[i].name;
    const char *nearest = str_nearest(q->campaign, names, a->n_campaigns);
    free(names);
    return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" in %s; %s%s%s", q->campaign, q->store,
        nearest ? "is it " : "`rung campaigns` lists those that are", nearest ? nearest : "", nearest ? "?" : "");
}

/* The one that q names, else the latest. */
static const struct archived_campaign *choose(const struct archive *a, const struct asking *q)
{
    const struct archived_campaign *chosen = NULL;
    for (size_t i = 0; i < a->n_campaigns; i++) {
        const struct archived_campaign *c = &a->campaigns[i];
        if (q->campaign ? str_equal(c->name, q->campaign) : !chosen || c->row.created_ms >= chosen->row.created_ms)
            chosen = c;
    }
    return chosen;
}

static int take_limits(void *context, const struct steer_row *row, struct err *e)
{
    if (!campaign_spec_extend((struct campaign_spec *)context, row->n_trials, row->max_budget, row->wall_clock_ms))
        return err_set(e, ERR_CORRUPT, "steer %llu extends to what cannot be", (unsigned long long)row->seq);
    return 0;
}

static int enter(struct archive *a, const struct asking *q, struct err *e)
{
    const struct archived_campaign *c = choose(a, q);
    if (!c)
        return refuse(a, q, e);
    if (campaign_from_canonical(c->row.file, strlen(c->row.file), &a->spec, e) < 0)
        return err_prefix(e, "campaign %s", c->name);
    if (!q->campaign && a->n_campaigns > 1)
        fprintf(stderr, "rung: of %zu campaigns this is %s, the latest; its name as a word chooses another\n",
            a->n_campaigns, c->name);
    a->campaign = c->row.id;
    a->state = c->row.state;
    struct steer_filter extends = { .campaign = a->campaign, .is_extend_only = true };
    return store_load_steers(a->store, &extends, take_limits, &a->spec, e);
}

static int open_store(struct archive *a, const struct asking *q, bool needs_campaign, struct err *e)
{
    *a = (struct archive){ 0 };
    a->store = store_open(q->store, &(struct store_options){ .mode = STORE_READ, .max_steps = q->max_steps }, e);
    if (a->store && store_load_campaigns(a->store, take_campaign, a, e) == 0 &&
        store_load_workers(a->store, take_worker, a, e) == 0 && (!needs_campaign || enter(a, q, e) == 0))
        return 0;
    archive_close(a);
    return -1;
}

int archive_open(struct archive *a, const struct asking *q, struct err *e)
{
    return open_store(a, q, true, e);
}

int archive_open_all(struct archive *a, const struct asking *q, struct err *e)
{
    return open_store(a, q, q->campaign != NULL, e);
}

void archive_close(struct archive *a)
{
    store_close(a->store);
    for (size_t i = 0; i < a->n_campaigns; i++) {
        free((void *)(uintptr_t)a->campaigns[i].row.file);
        free(a->campaigns[i].name);
    }
    free(a->campaigns);
    for (size_t i = 0; i < a->n_workers; i++) {
        free(a->workers[i].name);
        free(a->workers[i].host);
    }
    free(a->workers);
    campaign_spec_deinit(&a->spec);
    *a = (struct archive){ 0 };
}

bool archive_is_over(const struct archive *a)
{
    return a->state != CAMPAIGN_RUNNING && a->state != CAMPAIGN_PAUSED;
}

const struct archived_worker *archive_worker(const struct archive *a, int64_t id)
{
    static char dash[] = "-";
    static const struct archived_worker nobody = { 0, dash, dash };
    for (size_t i = 0; i < a->n_workers; i++)
        if (a->workers[i].id == id)
            return &a->workers[i];
    return &nobody;
}

/* ---- trials ---- */

/* What is damaged must not become an index. */
static bool is_value_of(const struct param *p, double x)
{
    return isnan(x) || (p->type == PARAM_CATEGORICAL ? x >= 0 && x < p->n_choices && x == floor(x) : isfinite(x));
}

int archive_check_x(const struct archive *a, const double *x, int n_x, struct err *e)
{
    if (n_x != a->spec.space.n_params)
        return err_set(e, ERR_CORRUPT, "it has %d parameters, its campaign %d", n_x, a->spec.space.n_params);
    for (int i = 0; i < n_x; i++)
        if (!is_value_of(&a->spec.space.params[i], x[i]))
            return err_set(e, ERR_CORRUPT, "it has an impossible %s", a->spec.space.params[i].name);
    return 0;
}

int archive_keep(
    const struct archive *a, const struct trial_row *row, int n_x, struct archived_trial *out, struct err *e)
{
    if (archive_check_x(a, row->x, n_x, e) < 0)
        return err_prefix(e, "trial %u", row->number);
    out->row = *row;
    memcpy(out->x, row->x, (size_t)n_x * sizeof *out->x);
    out->row.x = out->x;
    return 0;
}

struct finding {
    const struct archive *a;
    struct archived_trial *out;
    bool is_found;
};

static int take_found(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct finding *f = (struct finding *)context;
    f->is_found = true;
    return archive_keep(f->a, row, n_x, f->out, e);
}

int archive_find(struct archive *a, const char *word, struct archived_trial *out, struct err *e)
{
    char *end;
    long long number = strtoll(word, &end, 10);
    if (end == word || *end || number < 1 || number > LIMIT_TRIALS)
        return err_set(e, ERR_USAGE, "\"%s\" is not the number of a trial", word);
    struct finding f = { a, out, false };
    if (store_ask_trial(a->store, a->campaign, (uint32_t)number, take_found, &f, e) < 0)
        return -1;
    return f.is_found ? 0 : err_set(e, ERR_NOT_FOUND, "%s has no trial %lld", a->spec.name, number);
}

int64_t archive_budget(const struct archive *a, int bracket, int rung)
{
    int64_t rungs[LIMIT_RUNGS];
    int n = bracket < 0 ? 0 : search_bracket_rungs(&a->spec.search, bracket, rungs);
    return rung >= 0 && rung < n ? rungs[rung] : 0;
}

/* ---- printing ---- */

void archive_add_number(struct str *json, const char *key, double value)
{
    if (isfinite(value))
        json_add_number(json, key, value);
    else
        json_add_raw(json, key, "null");
}

void archive_add_config(const struct archive *a, const double *x, bool has_fixed, struct str *json)
{
    struct str config = { 0 };
    config_to_json_with_fixed(&a->spec.space, x, has_fixed ? a->spec.trial.fixed : NULL, &config);
    json_add_raw(json, "config", str_text(&config));
    str_deinit(&config);
}

void archive_list_config(const struct archive *a, const double *x, struct listing *l)
{
    struct str text = { 0 }, value = { 0 };
    for (int i = 0; i < a->spec.space.n_params; i++) {
        const struct param *p = &a->spec.space.params[i];
        if (isnan(x[i]))
            continue;
        str_clear(&value);
        if (p->type != PARAM_CATEGORICAL)
            view_number(&value, x[i]);
        else if (p->choices[(int)x[i]].type == CHOICE_TEXT)
            str_add(&value, p->choices[(int)x[i]].text);
        else
            config_put_value(p, x[i], &value);
        str_addf(&text, "%s%s=%s", text.len ? " " : "", p->name, str_text(&value));
    }
    listing_add(l, str_text(&text));
    str_deinit(&text);
    str_deinit(&value);
}

void archive_add_time(struct str *out, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm at;
    char text[64] = "?";
    if (gmtime_r(&seconds, &at))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &at);
    str_add(out, text);
}

void archive_add_line(struct str *out, const struct view_look *look, const char *style, const char *format, ...)
{
    struct str line = { 0 };
    va_list args;
    va_start(args, format);
    str_addv(&line, format, args);
    va_end(args);
    if (look->has_colour)
        str_add(out, style);
    view_text(out, str_text(&line), INT_MAX);
    if (look->has_colour && *style)
        str_add(out, VIEW_PLAIN);
    str_add_char(out, '\n');
    str_deinit(&line);
}

int archive_print(struct str *text, FILE *out, struct err *e)
{
    size_t written = fwrite(str_text(text), 1, text->len, out);
    bool is_done = written == text->len && fflush(out) == 0;
    str_deinit(text);
    return is_done ? 0 : err_set_errno(e, "write the answer");
}
