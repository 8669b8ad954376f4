#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/text/spark.h"

#define SPARK_COLUMNS 40

/* ---- what there is to show ---- */

struct curve {
    char *metric; /* owned */
    int64_t *steps;
    double *values;
    size_t n, cap_steps, cap_values;
};

struct shown {
    struct archive *a;
    struct archived_trial trial;
    struct curve *curves; /* owned */
    size_t n_curves, cap_curves;
    struct listing results, attempts, notes;
    char *dropped; /* owned: why it has no checkpoint any more; NULL when it never lost one */
};

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct shown *s = (struct shown *)context;
    struct curve *c = s->n_curves ? &s->curves[s->n_curves - 1] : NULL;
    if (!c || !str_equal(c->metric, metric)) {
        s->curves = mem_grow(s->curves, s->n_curves, &s->cap_curves, sizeof *s->curves);
        c = &s->curves[s->n_curves++];
        *c = (struct curve){ .metric = mem_strdup(metric) };
    }
    c->steps = mem_grow(c->steps, c->n, &c->cap_steps, sizeof *c->steps);
    c->values = mem_grow(c->values, c->n, &c->cap_values, sizeof *c->values);
    c->steps[c->n] = step;
    c->values[c->n++] = value;
    return 0;
}

static int take_result(void *context, const struct result_row *row, struct err *e)
{
    struct shown *s = (struct shown *)context;
    struct listing *l = &s->results;
    listing_add_int(l, row->rung);
    listing_add_int(l, row->budget);
    listing_add_number(l, row->value);
    listing_add(l, row->failure < 0 ? "" : failure_kind_names[row->failure]);
    listing_add(l, row->verdict);
    listing_add(l, archive_worker(s->a, row->worker)->name);
    listing_addf(l, "%.1f", row->seconds);
    listing_add(l, row->kernel);
    return 0;
}

static int take_attempt(void *context, const struct attempt_row *row, struct err *e)
{
    struct shown *s = (struct shown *)context;
    struct listing *l = &s->attempts;
    const struct archived_worker *worker = archive_worker(s->a, row->worker);
    listing_add_int(l, (int64_t)row->lease);
    listing_addf(l, "%lld-%lld", (long long)row->budget_from, (long long)row->budget_to);
    listing_add(l, worker->name);
    listing_add(l, worker->host);
    listing_add(l, row->ended_ms ? row->outcome : "running");
    if (row->ended_ms)
        listing_addf(l, "%.1f", row->seconds);
    else
        listing_add(l, "");
    listing_add(l, row->reason);
    return 0;
}

static int take_note(void *context, const struct steer_row *row, struct err *e)
{
    struct shown *s = (struct shown *)context;
    struct str time = { 0 };
    if (row->action != STEER_NOTE)
        return 0;
    archive_add_time(&time, row->wall_ms);
    listing_add(&s->notes, str_text(&time));
    listing_add(&s->notes, row->who);
    listing_add(&s->notes, row->text);
    str_deinit(&time);
    return 0;
}

/* Keeps the last words about a checkpoint that was dropped or lost. */
static int take_event(void *context, const struct event_row *row, struct err *e)
{
    struct shown *s = (struct shown *)context;
    if (row->kind == EVENT_CAMPAIGN && row->lease > 0) {
        free(s->dropped);
        s->dropped = mem_strdup(row->text);
    }
    return 0;
}

static int gather(struct shown *s, const char *word, struct err *e)
{
    static const char *const result_titles[] = { ">rung", ">budget", ">value", "failure", "verdict", "worker",
        ">seconds", "kernel" };
    static const char *const attempt_titles[] = { ">lease", ">budget", "worker", "host", "ended", ">seconds",
        "reason" };
    static const char *const note_titles[] = { "time (UTC)", "who", "note" };
    listing_init(&s->notes, note_titles, 3);
    listing_init(&s->results, result_titles, 8);
    listing_init(&s->attempts, attempt_titles, 7);
    if (archive_find(s->a, word, &s->trial, e) < 0)
        return -1;
    int64_t id = s->trial.row.id;
    if (store_load_points(s->a->store, id, take_point, s, e) < 0 ||
        store_load_results(s->a->store, &(struct result_filter){ .trial = id }, take_result, s, e) < 0 ||
        store_load_steers(s->a->store, &(struct steer_filter){ .trial = id }, take_note, s, e) < 0 ||
        store_load_events(s->a->store, &(struct event_filter){ .trial = id, .is_said_only = true }, take_event, s, e) <
            0)
        return -1;
    return store_load_attempts(s->a->store, &(struct attempt_filter){ .trial = id }, take_attempt, s, e);
}

static void shown_deinit(struct shown *s)
{
    free(s->dropped);
    for (size_t i = 0; i < s->n_curves; i++) {
        free(s->curves[i].metric);
        free(s->curves[i].steps);
        free(s->curves[i].values);
    }
    free(s->curves);
    listing_deinit(&s->results);
    listing_deinit(&s->attempts);
    listing_deinit(&s->notes);
}

/* ---- as text ---- */

static void add_head(const struct shown *s, const struct view_look *look, struct str *text)
{
    const struct trial_row *t = &s->trial.row;
    struct str line = { 0 };
    str_addf(&line, "trial %u of %s: %s", t->number, s->a->spec.name, trial_state_names[t->state]);
    if (isfinite(t->value)) {
        str_addf(&line, ", %s ", s->a->spec.metric);
        view_number(&line, t->value);
        str_addf(&line, " at budget %lld", (long long)t->reached);
    }
    archive_add_line(text, look, VIEW_BOLD, "%s", str_text(&line));
    str_deinit(&line);
}

static void add_config(const struct shown *s, const struct view_look *look, struct str *text)
{
    struct str json = { 0 };
    config_to_json(&s->a->spec.space, s->trial.x, &json);
    struct json_doc *doc = json_parse(str_text(&json), json.len, NULL);
    str_add_char(text, '\n');
    archive_add_line(text, look, VIEW_BOLD, "configuration");
    if (doc)
        view_pairs(text, json_root(doc), 2, look->columns);
    str_add_char(text, '\n');
    json_free(doc);
    str_deinit(&json);
}

static void add_curves(const struct shown *s, const struct view_look *look, struct str *text)
{
    struct str line = { 0 };
    int widest = 0;
    for (size_t i = 0; i < s->n_curves; i++)
        widest = view_width(s->curves[i].metric) > widest ? view_width(s->curves[i].metric) : widest;
    if (s->n_curves) {
        str_add_char(text, '\n');
        archive_add_line(text, look, VIEW_BOLD, "curves");
    }
    for (size_t i = 0; i < s->n_curves; i++) {
        const struct curve *c = &s->curves[i];
        str_clear(&line);
        str_addf(&line, "  %s%*s  ", c->metric, widest - view_width(c->metric), "");
        spark_draw(&line, c->steps, c->values, (int)c->n, SPARK_COLUMNS, look->is_utf8);
        str_add(&line, "  ");
        view_number(&line, c->values[0]);
        str_add(&line, " to ");
        view_number(&line, c->values[c->n - 1]);
        view_text(text, str_text(&line), look->columns);
        str_add_char(text, '\n');
    }
    str_deinit(&line);
}

static void add_listing(const char *title, const struct listing *l, const struct view_look *look, struct str *text)
{
    if (l->n_cells == 0)
        return;
    str_add_char(text, '\n');
    archive_add_line(text, look, VIEW_BOLD, "%s", title);
    listing_print(l, 2, look, text);
}

static void add_text(const struct shown *s, const struct view_look *look, struct str *text)
{
    add_head(s, look, text);
    add_config(s, look, text);
    add_curves(s, look, text);
    add_listing("results", &s->results, look, text);
    add_listing("attempts", &s->attempts, look, text);
    add_listing("notes", &s->notes, look, text);
    if (s->trial.row.checkpoint[0] || s->dropped) {
        str_add_char(text, '\n');
        archive_add_line(text, look, VIEW_BOLD, "checkpoint");
    }
    if (s->trial.row.checkpoint[0])
        str_addf(text, "  %s\n  budget %lld, %lld bytes\n", s->trial.row.checkpoint, (long long)s->trial.row.budget,
            (long long)s->trial.row.checkpoint_bytes);
    else if (s->dropped)
        str_addf(text, "  none: %s\n", s->dropped);
}

/* ---- as JSON ---- */

static void add_curves_json(const struct shown *s, struct str *json)
{
    json_put_key(json, "curves");
    json_open_object(json);
    for (size_t i = 0; i < s->n_curves; i++) {
        json_put_key(json, s->curves[i].metric);
        json_open_array(json);
        for (size_t k = 0; k < s->curves[i].n; k++) {
            json_open_array(json);
            json_put_int(json, s->curves[i].steps[k]);
            json_put_number(json, s->curves[i].values[k]);
            json_close_array(json);
        }
        json_close_array(json);
    }
    json_close_object(json);
}

static int take_attempt_json(void *context, const struct attempt_row *row, struct err *e)
{
    struct shown *s = (struct shown *)((void **)context)[0];
    struct str *json = (struct str *)((void **)context)[1];
    const struct archived_worker *worker = archive_worker(s->a, row->worker);
    json_open_object(json);
    json_add_id(json, "lease", row->lease);
    json_add_int(json, "rung", row->rung);
    json_add_int(json, "budget_from", row->budget_from);
    json_add_int(json, "budget_to", row->budget_to);
    json_add_text(json, "worker", worker->name);
    json_add_text(json, "host", worker->host);
    json_add_text(json, "outcome", row->ended_ms ? row->outcome : "running");
    json_add_text(json, "reason", row->reason);
    archive_add_number(json, "seconds", row->seconds);
    json_add_bool(json, "has_log", row->log_tail != NULL);
    json_close_object(json);
    return 0;
}

static int take_result_json(void *context, const struct result_row *row, struct err *e)
{
    struct str *json = (struct str *)((void **)context)[1];
    json_open_object(json);
    json_add_int(json, "rung", row->rung);
    json_add_int(json, "budget", row->budget);
    archive_add_number(json, "value", row->value);
    json_add_text(json, "failure", row->failure < 0 ? NULL : failure_kind_names[row->failure]);
    json_add_text(json, "verdict", row->verdict);
    archive_add_number(json, "seconds", row->seconds);
    json_add_text(json, "kernel", *row->kernel ? row->kernel : NULL);
    json_close_object(json);
    return 0;
}

static int take_note_json(void *context, const struct steer_row *row, struct err *e)
{
    struct str *json = (struct str *)context;
    if (row->action != STEER_NOTE)
        return 0;
    json_open_object(json);
    json_add_int(json, "wall_ms", row->wall_ms);
    json_add_text(json, "who", row->who);
    json_add_text(json, "note", row->text);
    json_close_object(json);
    return 0;
}

static int add_json(struct shown *s, struct str *json, struct err *e)
{
    const struct trial_row *t = &s->trial.row;
    void *context[] = { s, json };
    json_open_object(json);
    json_add_text(json, "schema", "rung.show/1");
    json_add_text(json, "campaign", s->a->spec.name);
    json_add_int(json, "trial", t->number);
    json_add_text(json, "state", trial_state_names[t->state]);
    json_add_int(json, "budget", t->reached);
    archive_add_number(json, "value", t->value);
    archive_add_config(s->a, s->trial.x, false, json);
    json_add_text(json, "checkpoint", t->checkpoint[0] ? t->checkpoint : NULL);
    add_curves_json(s, json);
    json_put_key(json, "results");
    json_open_array(json);
    int failed =
        store_load_results(s->a->store, &(struct result_filter){ .trial = t->id }, take_result_json, context, e);
    json_close_array(json);
    json_put_key(json, "attempts");
    json_open_array(json);
    failed |=
        store_load_attempts(s->a->store, &(struct attempt_filter){ .trial = t->id }, take_attempt_json, context, e);
    json_close_array(json);
    json_put_key(json, "notes");
    json_open_array(json);
    failed |= store_load_steers(s->a->store, &(struct steer_filter){ .trial = t->id }, take_note_json, json, e);
    json_close_array(json);
    json_close_object(json);
    str_add_char(json, '\n');
    return failed;
}

int cli_show(const struct asking *q, const char *trial, FILE *out, struct err *e)
{
    struct archive a;
    struct str text = { 0 };
    if (archive_open(&a, q, e) < 0)
        return -1;
    struct shown s = { .a = &a };
    int status = gather(&s, trial, e);
    if (status == 0 && q->is_json)
        status = add_json(&s, &text, e);
    else if (status == 0)
        add_text(&s, &q->look, &text);
    if (status == 0)
        status = archive_print(&text, out, e);
    str_deinit(&text);
    shown_deinit(&s);
    archive_close(&a);
    return status;
}
