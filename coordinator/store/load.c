#include "common/proto/json.h"
#include "coordinator/store/loading.h"
#include "coordinator/store/store.h"

/* Most callers' functions take the row as it was read. */
#define HAND_OVER(name, take_type, row_type)                                                                           \
    static int name(const void *take, void *context, const void *row, struct err *e)                                   \
    {                                                                                                                  \
        return (*(take_type *const *)take)(context, (const row_type *)row, e);                                         \
    }
HAND_OVER(hand_event, store_take_event, struct event_row)
HAND_OVER(hand_attempt, store_take_attempt, struct attempt_row)
HAND_OVER(hand_result, store_take_result, struct result_row)
HAND_OVER(hand_worker, store_take_worker, struct worker_row)
HAND_OVER(hand_blob, store_take_blob, struct blob_row)

static int hand_campaign(const void *take, void *context, const void *row, struct err *e)
{
    return (*(store_take_campaign *const *)take)(context, &((const struct campaign_record *)row)->row, e);
}

int store_load_campaigns(struct store *s, store_take_campaign *take, void *context, struct err *e)
{
    struct campaign_record row = { 0 };
    struct loading what = { TABLE_CAMPAIGN, "ORDER BY id", &row, hand_campaign, &take, context };
    return store_load(s, &what, &(struct where){ 0 }, e);
}

int store_load_trials(struct store *s, int64_t campaign, store_take_trial *take, void *context, struct err *e)
{
    struct trial_record row = { 0 };
    struct loading what = { TABLE_TRIAL, "ORDER BY id", &row, hand_trial, &take, context };
    struct where where = { 0 };
    if (campaign)
        where_add(&where, "campaign = ?", campaign);
    return store_load(s, &what, &where, e);
}

/* Turns the conditions so far into those of the last `n` events that meet them. */
static void where_last(struct where *w, int64_t n)
{
    struct str inner = w->text;
    w->text = (struct str){ 0 };
    str_addf(&w->text, "WHERE seq IN (SELECT seq FROM event %s ORDER BY seq DESC LIMIT ?) ", str_text(&inner));
    str_deinit(&inner);
    where_bind(w, n);
}

int store_load_events(
    struct store *s, const struct event_filter *filter, store_take_event *take, void *context, struct err *e)
{
    struct event_row row = { 0 };
    struct loading what = { TABLE_EVENT, "ORDER BY seq LIMIT ?", &row, hand_event, &take, context };
    struct where where = { 0 };
    if (filter->campaign)
        where_add(&where, "campaign = ?", filter->campaign);
    if (filter->trial)
        where_add(&where, "trial = ?", filter->trial);
    if (filter->after)
        where_add(&where, "seq > ?", (int64_t)filter->after);
    if (filter->is_said_only) /* word for word the condition of the index event_said, so that it serves */
        where_say(&where, "text <> ''");
    if (filter->is_notes_only)
        where_say(&where, "kind IN ('started', 'promoted', 'counted', 'failed', 'abandoned')");
    if (filter->is_notes_only && filter->campaign) /* the first of them came with its first decision */
        where_add(&where,
            "seq >= coalesce((SELECT min(d.seq) FROM trial AS t JOIN decision AS d ON d.trial = t.id "
            "WHERE t.campaign = ? AND t.number = 1), 0)",
            filter->campaign);
    if (filter->max_rows < 0)
        where_last(&where, -filter->max_rows);
    where_bind(&where, filter->max_rows > 0 ? filter->max_rows : -1);
    return store_load(s, &what, &where, e);
}

int store_load_decisions(struct store *s, int64_t campaign, store_take_decision *take, void *context, struct err *e)
{
    struct decision_row row = { 0 };
    struct loading what = { TABLE_DECISION, "ORDER BY seq", &row, hand_decision, &take, context };
    struct where where = { 0 };
    if (campaign)
        where_add(&where, "campaign = ?", campaign);
    return store_load(s, &what, &where, e);
}

int store_load_steers(
    struct store *s, const struct steer_filter *filter, store_take_steer *take, void *context, struct err *e)
{
    struct steer_record row = { 0 };
    struct loading what = { TABLE_STEER, "ORDER BY seq", &row, hand_steer, &take, context };
    struct where where = { 0 };
    if (filter->campaign)
        where_add(&where, "campaign = ?", filter->campaign);
    if (filter->trial)
        where_add(&where, "trial = ?", filter->trial);
    if (filter->is_extend_only)
        where_say(&where, "coalesce(n_trials, max_budget, wall_clock_ms) IS NOT NULL");
    return store_load(s, &what, &where, e);
}

static const char trials_of_campaign[] = "trial IN (SELECT id FROM trial WHERE campaign = ?)";

int store_load_attempts(
    struct store *s, const struct attempt_filter *filter, store_take_attempt *take, void *context, struct err *e)
{
    struct attempt_row row = { 0 };
    struct loading what = { TABLE_ATTEMPT, "ORDER BY trial, lease", &row, hand_attempt, &take, context };
    struct where where = { 0 };
    if (filter->campaign)
        where_add(&where, trials_of_campaign, filter->campaign);
    if (filter->trial)
        where_add(&where, "trial = ?", filter->trial);
    return store_load(s, &what, &where, e);
}

int store_load_results(
    struct store *s, const struct result_filter *filter, store_take_result *take, void *context, struct err *e)
{
    struct result_row row = { 0 };
    struct loading what = { TABLE_RESULT, "ORDER BY seq", &row, hand_result, &take, context };
    struct where where = { 0 };
    if (filter->campaign)
        where_add(&where, trials_of_campaign, filter->campaign);
    if (filter->trial) { /* each half has its index */
        where_add(&where, "(trial = ? AND counted = 1 OR trial = ? AND counted = 0)", filter->trial);
        where_bind(&where, filter->trial);
    }
    if (filter->is_counted_only)
        where_say(&where, "counted = 1");
    return store_load(s, &what, &where, e);
}

int store_load_workers(struct store *s, store_take_worker *take, void *context, struct err *e)
{
    struct worker_row row = { 0 };
    struct loading what = { TABLE_WORKER, "ORDER BY id", &row, hand_worker, &take, context };
    return store_load(s, &what, &(struct where){ 0 }, e);
}

int store_load_blobs(struct store *s, store_take_blob *take, void *context, struct err *e)
{
    struct blob_row row = { 0 };
    struct loading what = { TABLE_BLOB, "ORDER BY hash", &row, hand_blob, &take, context };
    return store_load(s, &what, &(struct where){ 0 }, e);
}

/* ---- what is no table's row ---- */

int store_load_points(struct store *s, int64_t trial, store_take_point *take, void *context, struct err *e)
{
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db,
        "SELECT m.name, p.step, p.value FROM point AS p JOIN metric AS m ON m.id = p.metric WHERE p.trial = ?1 "
        "ORDER BY m.name, p.step",
        e);
    if (!statement)
        return err_prefix(e, "load point");
    sqlite3_bind_int64(statement, 1, trial);
    int rc, failed = 0;
    while (!failed && (rc = sqlite3_step(statement)) != SQLITE_DONE)
        failed = rc != SQLITE_ROW ? sql_fail(s->db, rc, e)
                                  : take(context, (const char *)sqlite3_column_text(statement, 0),
                                        sqlite3_column_int64(statement, 1), sqlite3_column_double(statement, 2), e);
    sqlite3_finalize(statement);
    return failed;
}

struct one_step {
    int64_t step;
    struct str *out;
};

static int put_metric(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct one_step *wanted = context;
    if (step == wanted->step)
        json_add_number(wanted->out, metric, value);
    return 0;
}

int store_put_metrics(struct store *s, int64_t trial, int64_t step, struct str *out, struct err *e)
{
    struct one_step wanted = { step, out };
    json_open_object(out);
    int failed = store_load_points(s, trial, put_metric, &wanted, e);
    json_close_object(out);
    return failed;
}

int store_load_ids(struct store *s, struct store_ids *out, struct err *e)
{
    int64_t seq = 0;
    s->steps_left = s->options.max_steps;
    if (sql_ask_int(s->db, "SELECT coalesce(max(id), 0) FROM campaign", &out->campaign, e) < 0 ||
        sql_ask_int(s->db,
            "SELECT max((SELECT coalesce(max(id), 0) FROM trial), coalesce((SELECT v FROM meta WHERE k = 'trial'), 0))",
            &out->trial, e) < 0 ||
        sql_ask_int(s->db, "SELECT coalesce(max(id), 0) FROM worker", &out->worker, e) < 0 ||
        sql_ask_int(s->db,
            "SELECT max((SELECT coalesce(max(seq), 0) FROM event), (SELECT coalesce(max(seq), 0) FROM result), "
            "(SELECT coalesce(max(seq), 0) FROM decision), coalesce((SELECT v FROM meta WHERE k = 'seq'), 0))",
            &seq, e) < 0)
        return err_prefix(e, "load the last ids");
    out->seq = (uint64_t)seq;
    return 0;
}

int store_count_results(struct store *s, int64_t campaign, int64_t *n_results, int64_t *n_reached, struct err *e)
{
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db,
        "SELECT count(*), count(*) - count(r.failure) FROM result AS r JOIN trial AS t ON t.id = r.trial "
        "WHERE t.campaign = ?1 AND r.counted = 1",
        e);
    if (!statement)
        return err_prefix(e, "count results");
    sqlite3_bind_int64(statement, 1, campaign);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        *n_results = sqlite3_column_int64(statement, 0);
        *n_reached = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : sql_fail(s->db, rc, e);
}
