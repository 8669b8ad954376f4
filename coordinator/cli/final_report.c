#include "coordinator/cli/final_report.h"

#include <math.h>
#include <string.h>

#include "common/base/exit_status.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "coordinator/ask/final_export.h"
#include "coordinator/cli/final_result.h"

struct report {
    const struct final_question *question;
    struct final_result result;
    struct str exported; /* the name of the file; empty: there is none */
    bool is_on_test;     /* the search was judged on the test set itself */
};

static const struct campaign_spec *search_spec(const struct report *r)
{
    return &r->result.search.spec;
}

static const struct campaign_spec *final_spec(const struct report *r)
{
    return &r->result.final.spec;
}

static bool is_judged_on_test(const struct campaign_spec *search)
{
    const char *data = search->trial.program ? search->trial.data : "{}";
    struct json_doc *doc = json_parse(data, strlen(data), NULL);
    json_value validation = doc ? json_get(json_root(doc), "validation") : NULL;
    bool is_test = validation && json_type(validation) == JSON_TEXT && str_equal(json_text(validation), "test");
    json_free(doc);
    return is_test;
}

/* Whether any training of any configuration reported it. */
static bool has_metric(const struct report *r, int k)
{
    bool has_any = false;
    for (int i = 0; i < r->result.n_configs; i++)
        has_any = has_any || r->result.configs[i].metrics[k].n > 0;
    return has_any;
}

/* ---- as JSON ---- */

static void add_metric_json(const struct final_metric *m, struct str *json)
{
    json_put_key(json, m->name);
    json_open_object(json);
    archive_add_number(json, "mean", final_metric_mean(m));
    archive_add_number(json, "standard_error", final_metric_standard_error(m));
    json_put_key(json, "values");
    json_open_array(json);
    for (size_t i = 0; i < m->n; i++)
        json_put_number(json, m->values[i]);
    json_close_array(json);
    json_close_object(json);
}

static void add_config_json(const struct report *r, const struct final_config *c, struct str *json)
{
    json_open_object(json);
    json_add_int(json, "place", c->place);
    json_add_int(json, "trial", c->trial);
    archive_add_number(json, "value", c->value);
    archive_add_config(&r->result.search, c->x, true, json);
    json_put_key(json, "measured");
    json_open_object(json);
    for (int k = 0; k < FINAL_METRICS; k++)
        if (c->metrics[k].n)
            add_metric_json(&c->metrics[k], json);
    json_close_object(json);
    json_close_object(json);
}

static void add_json(const struct report *r, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "schema", "rung.final/1");
    json_add_text(json, "campaign", search_spec(r)->name);
    json_add_text(json, "final", final_spec(r)->name);
    json_add_text(json, "chosen_by", search_spec(r)->metric);
    json_add_bool(json, "chosen_on_test", r->is_on_test);
    json_add_int(json, "seeds", r->result.n_seeds);
    json_add_int(json, "epochs", final_spec(r)->search.max_budget);
    json_add_int(json, "winner", r->result.configs[0].trial);
    json_add_text(json, "export", r->exported.len ? r->exported.text : NULL);
    json_put_key(json, "configurations");
    json_open_array(json);
    for (int i = 0; i < r->result.n_configs; i++)
        add_config_json(r, &r->result.configs[i], json);
    json_close_array(json);
    json_close_object(json);
    str_add_char(json, '\n');
}

/* ---- as text ---- */

/* "0.98432 ± 0.0012", or a dash. */
static void add_figure(const struct final_metric *m, const struct view_look *look, struct str *text)
{
    double error = final_metric_standard_error(m);
    if (m->n == 0)
        str_add_char(text, '-');
    else
        view_number(text, final_metric_mean(m));
    if (!isnan(error))
        str_addf(text, " %s %.2g", look->is_utf8 ? "±" : "+-", error);
}

static void add_table(const struct report *r, struct str *text)
{
    const char *titles[4 + FINAL_METRICS] = { ">place", ">trial" };
    char names[1 + FINAL_METRICS][LIMIT_NAME + 2];
    const struct final_result *result = &r->result;
    struct listing l;
    struct str cell = { 0 };
    int n = 2;
    snprintf(names[0], sizeof names[0], ">%s", search_spec(r)->metric);
    titles[n++] = names[0];
    for (int k = 0; k < FINAL_METRICS; k++)
        if (has_metric(r, k)) {
            snprintf(names[1 + k], sizeof names[1 + k], ">%s", result->configs[0].metrics[k].name);
            titles[n++] = names[1 + k];
        }
    titles[n++] = "configuration";
    listing_init(&l, titles, n);
    for (int i = 0; i < result->n_configs; i++) {
        const struct final_config *c = &result->configs[i];
        listing_add_int(&l, c->place);
        listing_add_int(&l, c->trial);
        listing_add_number(&l, c->value);
        for (int k = 0; k < FINAL_METRICS; k++) {
            str_clear(&cell);
            add_figure(&c->metrics[k], &r->question->look, &cell);
            if (has_metric(r, k))
                listing_add(&l, cell.text);
        }
        archive_list_config(&result->search, c->x, &l);
    }
    listing_print(&l, 0, &r->question->look, text);
    listing_deinit(&l);
    str_deinit(&cell);
}

static void add_text(const struct report *r, struct str *text)
{
    const struct campaign_spec *search = search_spec(r);
    const struct final_config *winner = &r->result.configs[0];
    bool is_builtin = search->trial.program != NULL;
    archive_add_line(text, &r->question->look, VIEW_BOLD, "%s: the best %d of %s, %d epochs%s, %d training%s each",
        final_spec(r)->name, r->result.n_configs, search->name, (int)final_spec(r)->search.max_budget,
        is_builtin ? " on all training data" : "", r->result.n_seeds, r->result.n_seeds == 1 ? "" : "s");
    add_table(r, text);
    str_addf(text, "The winner is trial %lld of %s, by its %s in that search%s.\n", (long long)winner->trial,
        search->name, search->metric, is_builtin && !r->is_on_test ? ": the test set had no say" : "");
    if (r->is_on_test)
        str_add(text, "That was measured on the test set itself, so the figures above flatter.\n");
    if (r->result.n_seeds > 1)
        str_add(text, "Figures are means with their standard errors.\n");
    if (r->exported.len)
        str_addf(
            text, "Its weights, of trial %u of %s, are in %s\n", winner->first, final_spec(r)->name, r->exported.text);
}

/* ---- the whole ---- */

/* A program of one's own has a checkpoint of its own kind, which stays in the store. */
static int export_winner(struct report *r, struct err *e)
{
    const struct final_question *q = r->question;
    const struct final_config *winner = &r->result.configs[0];
    struct str path = { 0 };
    if (!final_spec(r)->trial.program)
        return 0;
    str_add(&path, q->export ? q->export : q->search);
    if (!q->export)
        str_add(&path, ".safetensors");
    int status =
        final_export(final_spec(r), q->store, winner->checkpoint, final_spec(r)->search.max_budget, path.text, e);
    if (status == 0)
        str_add(&r->exported, path.text);
    str_deinit(&path);
    return status;
}

static int answer(struct report *r, FILE *out, struct err *e)
{
    struct str text = { 0 };
    struct err printing;
    bool has_winner = r->result.configs[0].first > 0;
    int status = has_winner ? export_winner(r, e) : EXIT_STATUS_NO_SUCCESS;
    if (r->question->is_json)
        add_json(r, &text);
    else
        add_text(r, &text);
    int printed = archive_print(&text, out, status < 0 ? &printing : e);
    if (!has_winner)
        fprintf(
            stderr, "rung final: no training of the winner succeeded; rung trials %s says more\n", final_spec(r)->name);
    return status < 0 ? status : printed < 0 ? printed : status;
}

int final_report(const struct final_question *q, FILE *out, struct err *e)
{
    struct report r = { .question = q };
    if (final_result_open(&r.result, q->store, q->search, q->final, e) < 0)
        return -1;
    r.is_on_test = is_judged_on_test(search_spec(&r));
    int status = answer(&r, out, e);
    str_deinit(&r.exported);
    final_result_close(&r.result);
    return status;
}
