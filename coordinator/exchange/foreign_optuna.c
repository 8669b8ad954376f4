/* Reads Optuna's tables. The SQL here is about a foreign file: nothing of our own database is named. */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/exchange/foreign.h"

struct source {
    sqlite3 *db;
    struct foreign *f;
    const int64_t *rungs;
    int n_rungs;
    int64_t study;
    int64_t first; /* the first step of a curve: 1 where some curve begins at 0, so that steps count from 0 */
    sqlite3_stmt *params, *points, *budget;
};

static int fail(const struct source *s, struct err *e)
{
    return err_set(e, ERR_INVALID, "it cannot be read as a storage of Optuna: %s", sqlite3_errmsg(s->db));
}

static sqlite3_stmt *prepare(const struct source *s, const char *text, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, text, -1, &statement, NULL) != SQLITE_OK)
        fail(s, e);
    return statement;
}

static int64_t ask_int(const struct source *s, const char *text, int64_t value, int64_t fallback)
{
    sqlite3_stmt *statement = prepare(s, text, NULL);
    sqlite3_bind_int64(statement, 1, value);
    if (statement && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        fallback = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return fallback;
}

/* ---- which study ---- */

static int find_study(struct source *s, const char *study, struct err *e)
{
    sqlite3_stmt *statement = prepare(s, "SELECT study_id, study_name FROM studies ORDER BY study_id", e);
    struct str names = { 0 };
    int n = 0;
    if (!statement)
        return -1;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        if (study ? str_equal(name, study) : n == 0)
            s->study = sqlite3_column_int64(statement, 0);
        str_addf(&names, "%s%s", n++ ? ", " : "", name ? name : "");
    }
    sqlite3_finalize(statement);
    int failed = 0;
    if (n == 0)
        failed = err_set(e, ERR_NOT_FOUND, "it has no study");
    else if (study && !s->study)
        failed = err_set(e, ERR_NOT_FOUND, "it has no study \"%s\"; it has %s", study, str_text(&names));
    else if (!study && n > 1)
        failed = err_set(e, ERR_USAGE, "it has %d studies: name one of them with --study: %s", n, str_text(&names));
    str_deinit(&names);
    return failed;
}

static int find_goal(struct source *s, struct err *e)
{
    if (ask_int(s, "SELECT count(*) FROM study_directions WHERE study_id = ?1", s->study, 0) != 1)
        return err_set(e, ERR_INVALID, "the study has more than one objective, a campaign has one");
    s->f->goal = ask_int(s, "SELECT direction = 'MAXIMIZE' FROM study_directions WHERE study_id = ?1", s->study, 0)
                     ? GOAL_MAXIMIZE
                     : GOAL_MINIMIZE;
    return 0;
}

/* ---- a trial ---- */

/* The value as suggested: a category is kept by its place among the choices. */
static void put_value(double x, const char *distribution, struct str *out)
{
    struct json_doc *doc = json_parse(distribution, strlen(distribution), NULL);
    json_value root = doc ? json_root(doc) : NULL;
    json_value choices = root ? json_get(json_get(root, "attributes"), "choices") : NULL;
    json_value choice = choices && x >= 0 && x < (double)json_len(choices) ? json_at(choices, (size_t)x) : NULL;
    if (choice)
        json_print(out, choice);
    else if (isfinite(x))
        json_put_number(out, x);
    else
        json_put_null(out);
    json_free(doc);
}

static void put_config(struct source *s, int64_t trial, struct str *out)
{
    sqlite3_bind_int64(s->params, 1, trial);
    json_open_object(out);
    while (sqlite3_step(s->params) == SQLITE_ROW) {
        const char *distribution = (const char *)sqlite3_column_text(s->params, 2);
        json_put_key(out, (const char *)sqlite3_column_text(s->params, 0));
        put_value(sqlite3_column_double(s->params, 1), distribution ? distribution : "null", out);
    }
    json_close_object(out);
    sqlite3_reset(s->params);
}

static bool is_rung(const struct source *s, int64_t budget)
{
    for (int i = 0; i < s->n_rungs; i++)
        if (s->rungs[i] == budget)
            return true;
    return false;
}

/* The points of the curve at rungs below `budget` (0: all of them). */
static void take_points(struct source *s, int64_t trial, const char *label, const char *config, int64_t budget)
{
    sqlite3_bind_int64(s->points, 1, trial);
    while (sqlite3_step(s->points) == SQLITE_ROW) {
        int64_t at = sqlite3_column_int64(s->points, 0) + s->first;
        double value = sqlite3_column_double(s->points, 1);
        bool is_wanted = is_rung(s, at) && (budget == 0 ? at < s->rungs[s->n_rungs - 1] : at < budget);
        if (is_wanted && sqlite3_column_type(s->points, 1) != SQLITE_NULL && isfinite(value))
            foreign_add(s->f, label, config, at, value);
    }
    sqlite3_reset(s->points);
}

/* The training behind a trial's value: as rung export noted it, else the last step of its curve; 0: nobody says. */
static int64_t budget_of(struct source *s, int64_t trial)
{
    int64_t noted = 0;
    sqlite3_bind_int64(s->budget, 1, trial);
    if (sqlite3_step(s->budget) == SQLITE_ROW)
        noted = sqlite3_column_int64(s->budget, 0);
    sqlite3_reset(s->budget);
    if (noted > 0)
        return noted;
    int64_t last = ask_int(s, "SELECT max(step) FROM trial_intermediate_values WHERE trial_id = ?1", trial, -1);
    return last < 0 ? 0 : last + s->first;
}

/* The value of a trial that went to its end counts as at max_budget unless its budget was noted. */
static void take_trial(struct source *s, sqlite3_stmt *row)
{
    int64_t trial = sqlite3_column_int64(row, 0);
    const char *state = (const char *)sqlite3_column_text(row, 2);
    double value = sqlite3_column_double(row, 3);
    bool has_value = sqlite3_column_type(row, 3) != SQLITE_NULL && isfinite(value);
    bool is_complete = str_equal(state, "COMPLETE");
    int64_t budget = budget_of(s, trial);
    if (!has_value || (!is_complete && !str_equal(state, "PRUNED")) || (!is_complete && budget <= 0)) {
        s->f->n_silent++;
        return;
    }
    struct str label = { 0 }, config = { 0 };
    str_addf(&label, "trial %lld", (long long)sqlite3_column_int64(row, 1));
    put_config(s, trial, &config);
    take_points(s, trial, str_text(&label), str_text(&config), budget);
    foreign_add(s->f, str_text(&label), str_text(&config), budget, value);
    str_deinit(&label);
    str_deinit(&config);
}

static int take_trials(struct source *s, struct err *e)
{
    sqlite3_stmt *rows = prepare(s,
        "SELECT t.trial_id, t.number, t.state, v.value FROM trials AS t LEFT JOIN trial_values AS v "
        "ON v.trial_id = t.trial_id AND v.objective = 0 WHERE t.study_id = ?1 ORDER BY t.number",
        e);
    s->params = prepare(s,
        "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ?1 ORDER BY param_id", e);
    s->points = prepare(
        s, "SELECT step, intermediate_value FROM trial_intermediate_values WHERE trial_id = ?1 ORDER BY step", e);
    s->budget =
        prepare(s, "SELECT value_json FROM trial_user_attributes WHERE trial_id = ?1 AND \"key\" = 'rung:budget'", e);
    int failed = rows && s->params && s->points && s->budget ? 0 : -1;
    if (!failed) {
        sqlite3_bind_int64(rows, 1, s->study);
        s->first = ask_int(s,
            "SELECT 1 FROM trial_intermediate_values AS p JOIN trials AS t ON t.trial_id = p.trial_id "
            "WHERE p.step = 0 AND t.study_id = ?1 LIMIT 1",
            s->study, 0);
        int rc;
        while ((rc = sqlite3_step(rows)) == SQLITE_ROW)
            take_trial(s, rows);
        failed = rc == SQLITE_DONE ? 0 : fail(s, e);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(s->params);
    sqlite3_finalize(s->points);
    sqlite3_finalize(s->budget);
    return failed;
}

int foreign_read_optuna(
    struct foreign *f, const char *path, const char *study, const int64_t *rungs, int n_rungs, struct err *e)
{
    struct source s = { .f = f, .rungs = rungs, .n_rungs = n_rungs };
    int failed = sqlite3_open_v2(path, &s.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ? fail(&s, e) : 0;
    failed = failed || find_study(&s, study, e) < 0 || find_goal(&s, e) < 0 || take_trials(&s, e) < 0 ? -1 : 0;
    sqlite3_close(s.db);
    return failed ? err_prefix(e, "%s", path) : 0;
}
