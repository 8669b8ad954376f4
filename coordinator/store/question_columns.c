#include "coordinator/store/question_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/store/question_params.h"
#include "coordinator/store/sql.h"

/* clang-format off */
static const struct {
    const char *view;
    bool has_campaign;
    const char *order; /* NULL: the view has one */
    const char *tie;
} sources[] = {
    [QUESTION_TRIALS]    = { NULL,        true,  " ORDER BY trial",               ", trial" },
    [QUESTION_CURVES]    = { "curves",    true,  " ORDER BY trial, metric, step", ", trial, metric, step" },
    [QUESTION_BRACKETS]  = { "brackets",  true,  NULL, ", bracket, rung" },
    [QUESTION_CAMPAIGNS] = { "campaigns", false, NULL, "" },
    [QUESTION_WORKERS]   = { "workers",   false, NULL, ", worker" },
    [QUESTION_EVENTS]    = { "events",    true,  " ORDER BY seq", ", seq" },
    [QUESTION_DECISIONS] = { "decisions", true,  " ORDER BY seq", ", seq" },
    [QUESTION_ATTEMPTS]  = { "attempts",  true,  NULL, ", trial, lease" },
    [QUESTION_RESULTS]   = { "results",   true,  NULL, "" },
};

#define NO_FAILURE "('', 'reached', 'cancelled', 'preempted', 'handed_back')"

/* The view `trials` without its JSON functions: 100,000 rows must come at once. t is the trial. */
static const struct { const char *name, *sql; } trial_columns[] = {
    { "trial",      "t.number" },
    { "state",      "t.state" },
    { "bracket",    "t.bracket" },
    { "rung",       "t.rung" },
    { "budget",     "t.reached" },
    { "value",      "t.value" },
    { "attempts",   "t.n_attempts" },
    { "worker",     "(SELECT w.name FROM worker AS w WHERE w.id = t.worker)" },
    { "started",    "(SELECT datetime(min(a.granted_ms) / 1000, 'unixepoch') FROM attempt AS a WHERE a.trial = t.id)" },
    { "seconds",    "(SELECT round(sum(a.seconds), 3) FROM attempt AS a WHERE a.trial = t.id)" },
    { "reason",     "CASE WHEN t.state IN ('failed', 'set_aside') THEN (SELECT a.outcome || ifnull(nullif(': ' || a.reason, ': '), '')"
                    " FROM attempt AS a WHERE a.trial = t.id AND a.outcome NOT IN ('', 'reached', 'handed_back')"
                    " ORDER BY a.lease DESC LIMIT 1) END" },
    { "failure",    "(SELECT a.outcome FROM attempt AS a WHERE a.trial = t.id AND a.outcome NOT IN " NO_FAILURE
                    " ORDER BY a.lease DESC LIMIT 1)" },
    { "failures",   "(SELECT count(*) FROM attempt AS a WHERE a.trial = t.id AND a.outcome NOT IN " NO_FAILURE ")" },
    { "checkpoint", "nullif(t.checkpoint, '')" },
    { "config",     "t.config" },
};
/* clang-format on */
enum { N_TRIAL_COLUMNS = sizeof trial_columns / sizeof *trial_columns };

static void add_name(struct question_columns *c, const char *name)
{
    if (c->n < SANDBOX_COLUMNS)
        c->names[c->n++] = mem_strdup(name);
}

/* A parameter that is called as a column is: param_NAME. */
static void add_param(const struct param *p, struct str *name)
{
    for (size_t i = 0; i < N_TRIAL_COLUMNS; i++)
        if (strcmp(trial_columns[i].name, p->name) == 0)
            str_add(name, "param_");
    str_add(name, p->name);
}

void question_add_params(const struct space *space, struct str *list)
{
    for (int i = 0; i < space->n_params; i++) {
        str_add_char(list, ',');
        add_param(&space->params[i], list);
    }
}

static void add_params(struct question_columns *c, const struct space *space)
{
    c->first_param = c->n;
    for (int i = 0; i < space->n_params; i++) {
        struct str name = { 0 };
        add_param(&space->params[i], &name);
        add_name(c, str_text(&name));
        str_deinit(&name);
    }
}

static int add_names_of_view(struct question_columns *c, sqlite3 *db, const char *view, struct err *e)
{
    struct str sql = { 0 };
    str_addf(&sql, "SELECT * FROM %s LIMIT 0", view);
    sqlite3_stmt *statement = sql_prepare(db, str_text(&sql), e);
    str_deinit(&sql);
    if (!statement)
        return err_prefix(e, "the view %s", view);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        add_name(c, sqlite3_column_name(statement, i));
    sqlite3_finalize(statement);
    return 0;
}

int question_columns_init(struct question_columns *c, sqlite3 *db, const struct question *q, struct err *e)
{
    *c = (struct question_columns){ .from = q->from };
    if (q->from != QUESTION_TRIALS) {
        int failed = add_names_of_view(c, db, sources[q->from].view, e);
        c->first_param = c->n;
        return failed;
    }
    for (size_t i = 0; i < N_TRIAL_COLUMNS; i++)
        add_name(c, trial_columns[i].name);
    add_params(c, &q->spec->space);
    question_params_add(db, &q->spec->space);
    return 0;
}

void question_columns_deinit(struct question_columns *c)
{
    for (int i = 0; i < c->n; i++)
        free(c->names[i]);
    *c = (struct question_columns){ 0 };
}

bool question_columns_is_json(const struct question_columns *c, int i)
{
    return i >= c->first_param || strcmp(c->names[i], "config") == 0 || strcmp(c->names[i], "metrics") == 0;
}

/* ---- SQL ---- */

void question_columns_shown(const struct question_columns *c, int i, struct str *sql)
{
    if (i >= c->first_param)
        str_addf(sql, "rung_param_json(%d, config)", i - c->first_param);
    else
        str_addf(sql, "\"%s\"", c->names[i]);
}

static void add_trials(const struct question_columns *c, struct str *sql)
{
    str_add(sql, " FROM (SELECT ");
    for (size_t i = 0; i < N_TRIAL_COLUMNS; i++)
        str_addf(sql, "%s%s AS %s", i ? ", " : "", trial_columns[i].sql, trial_columns[i].name);
    for (int i = c->first_param; i < c->n; i++)
        str_addf(sql, ", rung_param(%d, t.x) AS \"%s\"", i - c->first_param, c->names[i]);
    str_add(sql, " FROM trial AS t WHERE t.campaign = ?1) AS p WHERE 1");
}

void question_columns_from(const struct question_columns *c, const struct question *q, struct str *sql)
{
    if (q->from == QUESTION_TRIALS)
        add_trials(c, sql);
    else
        str_addf(sql, " FROM %s AS p WHERE %s", sources[q->from].view,
            q->campaign && sources[q->from].has_campaign ? "campaign = (SELECT name FROM campaign WHERE id = ?1)"
                                                         : "1");
    if (q->is_ranked && !q->sort)
        str_addf(sql, " AND value IS NOT NULL");
    if (q->trials)
        str_addf(sql, " AND trial IN (%s)", q->trials);
}

void question_columns_order(const struct question_columns *c, const struct question *q, struct str *sql)
{
    if (q->is_ranked) /* as the index trial_ranked is */
        str_addf(sql, " ORDER BY budget DESC, value%s, trial", q->spec->goal == GOAL_MAXIMIZE ? " DESC" : "");
    else if (sources[c->from].order)
        str_add(sql, sources[c->from].order);
}

void question_columns_tie(const struct question_columns *c, struct str *sql)
{
    str_add(sql, sources[c->from].tie);
}
