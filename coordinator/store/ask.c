#include "coordinator/store/ask.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "coordinator/store/loading.h"

int store_ask_ranking(
    struct store *s, int64_t campaign, int64_t max_rows, store_take_trial *take, void *context, struct err *e)
{
    struct trial_record row = { 0 };
    struct loading what = { TABLE_TRIAL,
        "ORDER BY reached DESC, CASE (SELECT goal FROM campaign AS c WHERE c.id = trial.campaign) WHEN 'minimize' "
        "THEN value ELSE -value END, number LIMIT ?",
        &row, hand_trial, &take, context };
    struct where where = { 0 };
    where_add(&where, "campaign = ?", campaign);
    where_say(&where, "value IS NOT NULL");
    where_bind(&where, max_rows ? max_rows : -1);
    return store_load(s, &what, &where, e);
}

int store_ask_trial(
    struct store *s, int64_t campaign, uint32_t number, store_take_trial *take, void *context, struct err *e)
{
    struct trial_record row = { 0 };
    struct loading what = { TABLE_TRIAL, "", &row, hand_trial, &take, context };
    struct where where = { 0 };
    where_add(&where, "campaign = ?", campaign);
    where_add(&where, "number = ?", number);
    return store_load(s, &what, &where, e);
}

static int read_observation(sqlite3_stmt *statement, double *x, struct store_observation *o, struct err *e)
{
    size_t len = (size_t)sqlite3_column_bytes(statement, 3);
    if (len > LIMIT_PARAMS * sizeof *x || len % sizeof *x)
        return err_set(e, ERR_CORRUPT, "a trial's x has %zu bytes", len);
    if (len)
        memcpy(x, sqlite3_column_blob(statement, 3), len);
    *o = (struct store_observation){ .bracket = sqlite3_column_int(statement, 0),
        .rung = sqlite3_column_int(statement, 1),
        .value = sqlite3_column_type(statement, 2) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, 2),
        .x = x,
        .n_x = (int)(len / sizeof *x) };
    return 0;
}

int store_ask_observations(
    struct store *s, int64_t campaign, store_take_observation *take, void *context, struct err *e)
{
    double x[LIMIT_PARAMS];
    struct store_observation o;
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db,
        "SELECT t.bracket, r.rung, r.value, t.x FROM result AS r CROSS JOIN trial AS t ON t.id = r.trial "
        "WHERE r.counted = 1 AND t.campaign = ?1",
        e);
    if (!statement)
        return err_prefix(e, "ask for what was observed");
    sqlite3_bind_int64(statement, 1, campaign);
    int rc, failed = 0;
    while (!failed && (rc = sqlite3_step(statement)) != SQLITE_DONE)
        failed = rc != SQLITE_ROW                                                ? sql_fail(s->db, rc, e)
                 : read_observation(statement, x, &o, e) || take(context, &o, e) ? -1
                                                                                 : 0;
    sqlite3_finalize(statement);
    return failed ? err_prefix(e, "ask for what was observed") : 0;
}

int store_ask_decisions(struct store *s, int64_t trial, store_take_decision *take, void *context, struct err *e)
{
    struct decision_row row = { 0 };
    struct loading what = { TABLE_DECISION, "ORDER BY seq", &row, hand_decision, &take, context };
    struct where where = { 0 };
    where_add(&where, "trial = ?", trial);
    return store_load(s, &what, &where, e);
}

int store_hold(struct store *s, struct err *e)
{
    return sql_run(s->db, "BEGIN", e);
}

void store_let_go(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* CROSS JOIN keeps SQLite to this order, in which every point is found by the key of its table. */
static const char points_text[] =
    "SELECT t.id, m.name, p.step, p.value FROM trial AS t CROSS JOIN metric AS m CROSS JOIN point AS p "
    "WHERE t.campaign = ?1 AND (?2 IS NULL OR m.name = ?2) AND p.trial = t.id AND p.metric = m.id "
    "ORDER BY t.number, m.id, p.step";

int store_ask_points(
    struct store *s, int64_t campaign, const char *metric, store_take_trial_point *take, void *context, struct err *e)
{
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db, points_text, e);
    if (!statement)
        return err_prefix(e, "ask for points");
    sqlite3_bind_int64(statement, 1, campaign);
    if (metric)
        sqlite3_bind_text(statement, 2, metric, -1, SQLITE_STATIC);
    int rc, failed = 0;
    while (!failed && (rc = sqlite3_step(statement)) != SQLITE_DONE)
        failed = rc != SQLITE_ROW ? sql_fail(s->db, rc, e)
                                  : take(context, sqlite3_column_int64(statement, 0),
                                        (const char *)sqlite3_column_text(statement, 1),
                                        sqlite3_column_int64(statement, 2), sqlite3_column_double(statement, 3), e);
    sqlite3_finalize(statement);
    return failed;
}

/* ?1 the trial, ?2 the rung. Losses: less is better, whatever the goal. */
static const char standing_text[] =
    "WITH me AS (SELECT id, campaign, bracket FROM trial WHERE id = ?1), "
    "here AS (SELECT t.id, t.number, r.value, CASE c.goal WHEN 'minimize' THEN r.value ELSE -r.value END AS loss, "
    "    EXISTS (SELECT 1 FROM decision AS d WHERE d.trial = t.id AND d.move = 'promote' AND d.rung = ?2 + 1) AS "
    "went_on "
    "    FROM me JOIN trial AS t ON t.campaign = me.campaign AND t.bracket = me.bracket "
    "    JOIN campaign AS c ON c.id = t.campaign "
    "    JOIN result AS r ON r.trial = t.id AND r.rung = ?2 AND r.counted = 1 AND r.value IS NOT NULL) "
    "SELECT (SELECT place FROM (SELECT id, row_number() OVER (ORDER BY loss, number) AS place FROM here) WHERE id = "
    "?1), "
    "    count(*), sum(went_on), "
    "    (SELECT value FROM here WHERE went_on ORDER BY loss DESC LIMIT 1) FROM here";

int store_ask_standing(struct store *s, int64_t trial, int rung, struct store_standing *out, struct err *e)
{
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db, standing_text, e);
    if (!statement)
        return err_prefix(e, "ask where a trial stands");
    sqlite3_bind_int64(statement, 1, trial);
    sqlite3_bind_int(statement, 2, rung);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *out = (struct store_standing){ .place = sqlite3_column_int64(statement, 0),
            .n_at_rung = sqlite3_column_int64(statement, 1),
            .n_promoted = sqlite3_column_int64(statement, 2),
            .worst = sqlite3_column_type(statement, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, 3) };
    int failed = rc == SQLITE_ROW ? 0 : sql_fail(s->db, rc, e);
    sqlite3_finalize(statement);
    return failed ? err_prefix(e, "ask where a trial stands") : 0;
}
