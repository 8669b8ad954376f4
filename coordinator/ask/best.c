#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/exit_status.h"
#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/ask/best_paste.h"
#include "coordinator/ask/table.h"

#define ENDING_EVENTS 64 /* the last ones of a campaign, its end among them */
#define WHY_COLUMNS 600  /* of the reason why it ended */

struct ranking {
    const struct archive *a;
    struct archived_trial *trials; /* owned */
    size_t n, cap;
};

/* The first `n` of those that q lets through. */
static int gather(struct ranking *r, struct archive *a, const struct asking *q, int64_t n, struct err *e)
{
    struct question question = { .from = QUESTION_TRIALS,
        .campaign = a->campaign,
        .spec = &a->spec,
        .columns = "trial",
        .where = q->where,
        .is_ranked = true,
        .max_rows = n };
    struct asked *asked = question_open(a->store, &question, e);
    struct cell trial;
    char word[24];
    int got = asked ? 0 : -1;
    while (asked && (got = question_next(asked, &trial, e)) > 0) {
        r->trials = mem_grow(r->trials, r->n, &r->cap, sizeof *r->trials);
        snprintf(word, sizeof word, "%lld", (long long)trial.whole);
        got = archive_find(a, word, &r->trials[r->n], e);
        if (got < 0)
            break;
        r->n++;
    }
    question_close(asked);
    for (size_t i = 0; i < r->n; i++)
        r->trials[i].row.x = r->trials[i].x; /* mem_grow may have moved them */
    return got;
}

/* ---- as JSON ---- */

static int add_members(const struct archive *a, const struct archived_trial *t, struct str *json, struct err *e)
{
    json_add_int(json, "trial", t->row.number);
    archive_add_number(json, "value", t->row.value);
    json_add_int(json, "budget", t->row.reached);
    archive_add_config(a, t->x, true, json);
    if (a->spec.trial.program) {
        json_add_text(json, "program", a->spec.trial.program);
        json_add_id(json, "seed", campaign_spec_trial_seed(&a->spec, t->row.number));
    }
    json_put_key(json, "metrics");
    return store_put_metrics(a->store, t->row.id, t->row.reached, json, e);
}

static int add_json(const struct ranking *r, bool is_list, struct str *json, struct err *e)
{
    int failed = 0;
    json_open_object(json);
    json_add_text(json, "schema", "rung.best/1");
    json_add_text(json, "campaign", r->a->spec.name);
    if (!is_list)
        failed = add_members(r->a, &r->trials[0], json, e);
    else {
        json_put_key(json, "top");
        json_open_array(json);
        for (size_t i = 0; i < r->n && !failed; i++) {
            json_open_object(json);
            failed = add_members(r->a, &r->trials[i], json, e);
            json_close_object(json);
        }
        json_close_array(json);
    }
    json_close_object(json);
    str_add_char(json, '\n');
    return failed;
}

/* ---- as text ---- */

static void add_pairs(const char *json, const struct view_look *look, struct str *text)
{
    struct json_doc *doc = json_parse(json, strlen(json), NULL);
    if (doc && json_len(json_root(doc)) > 0) {
        view_pairs(text, json_root(doc), 2, look->columns);
        str_add_char(text, '\n');
    }
    json_free(doc);
}

static void add_basis(const struct archive *a, const struct trial_row *best, struct str *text)
{
    if (best->reached < a->spec.search.max_budget)
        str_addf(text, "No trial has reached budget %lld yet: this is the best at the highest rung so far.\n",
            (long long)a->spec.search.max_budget);
    if (!archive_is_over(a))
        str_addf(text, "The campaign is %s: a better one may come.\n", campaign_state_names[a->state]);
}

static int add_best(const struct ranking *r, const struct view_look *look, struct str *text, struct err *e)
{
    const struct archive *a = r->a;
    const struct archived_trial *best = &r->trials[0];
    struct str json = { 0 }, value = { 0 };
    view_number(&value, best->row.value);
    archive_add_line(text, look, VIEW_BOLD, "%s: trial %u, %s %s at budget %lld", a->spec.name, best->row.number,
        a->spec.metric, str_text(&value), (long long)best->row.reached);
    str_add(text, "configuration\n");
    config_to_json_with_fixed(&a->spec.space, best->x, a->spec.trial.fixed, &json);
    add_pairs(str_text(&json), look, text);
    str_clear(&json);
    int failed = store_put_metrics(a->store, best->row.id, best->row.reached, &json, e);
    str_add(text, "measured\n");
    add_pairs(str_text(&json), look, text);
    add_basis(a, &best->row, text);
    str_deinit(&json);
    str_deinit(&value);
    return failed;
}

/* ---- the command ---- */

/* Keeps the text of the last change of the campaign's state, which says why. */
static int take_change(void *context, const struct event_row *row, struct err *e)
{
    struct str *why = (struct str *)context;
    if (row->kind == EVENT_CAMPAIGN && row->lease == 0) {
        char *line = mem_strdup(row->text);
        for (char *p = line; *p; p++)
            *p = *p == '\n' ? ' ' : *p;
        str_clear(why);
        view_text(why, line, WHY_COLUMNS);
        free(line);
    }
    return 0;
}

static int say_nothing_yet(const struct archive *a, const struct asking *q, struct err *e)
{
    struct event_filter last = { .campaign = a->campaign, .max_rows = -ENDING_EVENTS };
    struct str why = { 0 };
    if (q->where)
        return err_set(e, ERR_NOT_FOUND, "no trial of %s with a result fulfils \"%s\"", a->spec.name, q->where);
    if (!archive_is_over(a))
        return err_set(e, ERR_NOT_FOUND, "no trial of %s has a result yet (it is %s)", a->spec.name,
            campaign_state_names[a->state]);
    if (store_load_events(a->store, &last, take_change, &why, e) < 0) {
        str_deinit(&why);
        return -1;
    }
    fprintf(stderr, "rung best: %s is over, and no trial succeeded: %s\n", a->spec.name,
        why.len ? why.text : campaign_state_names[a->state]);
    fputs("rung trials, rung show TRIAL and rung logs TRIAL say more\n", stderr);
    str_deinit(&why);
    return EXIT_STATUS_NO_SUCCESS;
}

/* A table unless it is for pasting, or whole objects. */
static int print_top(struct archive *a, const struct asking *q, int64_t top, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.ranking/1",
        .rows = "ranking",
        .from = QUESTION_TRIALS,
        .text_columns = "trial,value,budget,config",
        .json_columns = "trial,value,budget,config",
        .csv_columns = "trial,value,budget" TABLE_PARAMS,
        .placed = "place",
        .is_ranked = true };
    struct asking limited = *q;
    struct str title = { 0 };
    limited.limit = top;
    str_addf(&title, "%s: the best by %s", a->spec.name, a->spec.metric);
    int64_t n = table_print(a, &limited, &form, NULL, str_text(&title), out, e);
    str_deinit(&title);
    return n < 0 ? -1 : 0;
}

static int answer(
    struct archive *a, const struct asking *q, int64_t top, enum best_format format, FILE *out, struct err *e)
{
    struct ranking r = { .a = a };
    struct str text = { 0 };
    bool is_table = q->is_csv || q->columns || (top > 0 && !q->is_json && format == BEST_TEXT);
    int status = gather(&r, a, q, is_table || top == 0 ? 1 : top, e);
    if (status == 0 && r.n == 0)
        status = say_nothing_yet(a, q, e);
    else if (status == 0 && is_table)
        status = print_top(a, q, top ? top : 1, out, e);
    else if (status == 0 && format != BEST_TEXT)
        best_add_pasted(a, format, r.trials, r.n, &text);
    else if (status == 0 && q->is_json)
        status = add_json(&r, top > 0, &text, e);
    else if (status == 0)
        status = add_best(&r, &q->look, &text, e);
    if (status == 0 && is_table && !q->is_csv && !q->is_json)
        add_basis(a, &r.trials[0].row, &text);
    if (status == 0)
        status = archive_print(&text, out, e);
    str_deinit(&text);
    free(r.trials);
    return status;
}

int cli_best(const struct asking *q, int64_t top, enum best_format format, FILE *out, struct err *e)
{
    struct archive a;
    if (archive_open(&a, q, e) < 0)
        return -1;
    int status = answer(&a, q, top, format, out, e);
    archive_close(&a);
    return status;
}
