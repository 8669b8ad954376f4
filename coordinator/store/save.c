#include <assert.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "coordinator/store/parts.h"
#include "coordinator/store/store.h"

/* clang-format off */
static const char *const statement_texts[STATEMENT_N] = {
    [POINT_COUNTED] =
        "INSERT INTO point (trial, metric, step, value, result) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT DO UPDATE SET value = excluded.value, result = excluded.result "
        "WHERE (SELECT counted FROM result WHERE seq = point.result) = 0",
    [POINT_UNCOUNTED] =
        "INSERT INTO point (trial, metric, step, value, result) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    [METRIC_FIND]   = "SELECT id FROM metric WHERE name = ?1",
    [METRIC_ADD]    = "INSERT INTO metric (name) VALUES (?1) RETURNING id",
    [CAMPAIGN_FILE] = "SELECT file FROM campaign WHERE id = ?1",
    [BLOB_DROP]     = "DELETE FROM blob WHERE hash = ?1",
    [CHECKPOINT_FIND] = "SELECT 1 FROM trial WHERE checkpoint = ?1 LIMIT 1",
    [FAILURE_UNCOUNT] = ("UPDATE result SET counted = 0, verdict = 'retried' "
                         "WHERE trial = ?1 AND counted = 1 AND failure IS NOT NULL"),
    [BOOT_CHECK]    = "SELECT v FROM meta WHERE k = 'boot'",
};
/* clang-format on */

sqlite3_stmt *store_statement(struct store *s, enum point_statement which, struct err *e)
{
    if (!s->statements[which])
        s->statements[which] = sql_prepare(s->db, statement_texts[which], e);
    return s->statements[which];
}

/* ---- rows ---- */

static int insert_row(struct store *s, enum table_id id, const void *row, struct err *e)
{
    if (!s->insert[id] && !(s->insert[id] = columns_prepare_insert(s->db, &tables[id], e)))
        return -1;
    columns_bind_insert(s->insert[id], &tables[id], row);
    return sql_finish(s->insert[id], e);
}

/* 1 when there was such a row, 0 when not. */
static int update_row(struct store *s, enum table_id id, const void *row, struct err *e)
{
    if (!s->update[id] && !(s->update[id] = columns_prepare_update(s->db, &tables[id], e)))
        return -1;
    columns_bind_update(s->update[id], &tables[id], row);
    return sql_finish(s->update[id], e) < 0 ? -1 : sqlite3_changes(s->db) > 0;
}

static int fail(struct store *s, enum table_id id, struct err *e)
{
    err_prefix(e, "save %s", tables[id].name);
    return store_failed(s, e);
}

int store_save_row(struct store *s, enum table_id id, const void *row, struct err *e)
{
    assert(s->is_in_transaction);
    return insert_row(s, id, row, e) < 0 ? fail(s, id, e) : 0;
}

int store_save_attempt(struct store *s, const struct attempt_row *row, struct err *e)
{
    return store_save_row(s, TABLE_ATTEMPT, row, e);
}

int store_save_decision(struct store *s, const struct decision_row *row, struct err *e)
{
    return store_save_row(s, TABLE_DECISION, row, e);
}

int store_save_event(struct store *s, const struct event_row *row, struct err *e)
{
    return store_save_row(s, TABLE_EVENT, row, e);
}

int store_save_worker(struct store *s, const struct worker_row *row, struct err *e)
{
    return store_save_row(s, TABLE_WORKER, row, e);
}

int store_save_blob(struct store *s, const struct blob_row *row, struct err *e)
{
    return store_save_row(s, TABLE_BLOB, row, e);
}

int store_drop_blob(struct store *s, const char *hash, struct err *e)
{
    assert(s->is_in_transaction);
    sqlite3_stmt *statement = store_statement(s, BLOB_DROP, e);
    if (!statement)
        return fail(s, TABLE_BLOB, e);
    sqlite3_bind_text(statement, 1, hash, -1, SQLITE_STATIC);
    return sql_finish(statement, e) < 0 ? fail(s, TABLE_BLOB, e) : 0;
}

int store_names_checkpoint(struct store *s, const char *hash, struct err *e)
{
    sqlite3_stmt *statement = store_statement(s, CHECKPOINT_FIND, e);
    if (!statement)
        return -1;
    sqlite3_bind_text(statement, 1, hash, -1, SQLITE_STATIC);
    int rc = sqlite3_step(statement);
    int found = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : sql_fail(s->db, rc, e);
    sqlite3_reset(statement);
    return found;
}

int store_save_result(struct store *s, const struct result_row *row, struct err *e)
{
    if (store_save_row(s, TABLE_RESULT, row, e) < 0)
        return -1;
    return store_save_curve(s, row, e) < 0 ? fail(s, TABLE_RESULT, e) : 0;
}

/* ---- campaigns and trials: they have columns that are made from what the row points at ---- */

int store_save_campaign(struct store *s, const struct campaign_row *row, struct err *e)
{
    assert(s->is_in_transaction);
    struct campaign_record record = { .row = *row, .max_budget = row->spec->search.max_budget };
    int done = update_row(s, TABLE_CAMPAIGN, &record, e);
    if (done == 0) {
        record.name = row->spec->name;
        record.metric = row->spec->metric;
        record.goal = row->spec->goal;
        done = insert_row(s, TABLE_CAMPAIGN, &record, e) < 0 ? -1 : store_make_campaign_view(s, row, e);
    }
    return done < 0 ? fail(s, TABLE_CAMPAIGN, e) : 0;
}

static int parse_campaign(sqlite3_stmt *statement, struct campaign_spec *out, struct err *e)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return err_set(e, ERR_INVALID, "its campaign was not saved");
    if (rc != SQLITE_ROW)
        return sql_fail(sqlite3_db_handle(statement), rc, e);
    const char *file = (const char *)sqlite3_column_text(statement, 0);
    return campaign_from_canonical(file, (size_t)sqlite3_column_bytes(statement, 0), out, e);
}

const struct campaign_spec *store_find_campaign(struct store *s, int64_t id, struct err *e)
{
    for (size_t i = 0; i < s->n_campaigns; i++)
        if (s->campaigns[i].id == id)
            return &s->campaigns[i].spec;
    sqlite3_stmt *statement = store_statement(s, CAMPAIGN_FILE, e);
    if (!statement)
        return NULL;
    struct known_campaign new = { .id = id };
    sqlite3_bind_int64(statement, 1, id);
    int failed = parse_campaign(statement, &new.spec, e);
    sqlite3_reset(statement);
    if (failed)
        return NULL;
    s->campaigns = mem_grow(s->campaigns, s->n_campaigns, &s->cap_campaigns, sizeof *s->campaigns);
    s->campaigns[s->n_campaigns] = new;
    return &s->campaigns[s->n_campaigns++].spec;
}

/* Ids only grow, so one beyond the last is new, and needs not be looked for: 1, 0, or -1 with e. */
static int is_new_trial(struct store *s, int64_t id, struct err *e)
{
    if (s->last_trial < 0 && sql_ask_int(s->db, "SELECT coalesce(max(id), 0) FROM trial", &s->last_trial, e) < 0)
        return -1;
    return id > s->last_trial;
}

static int insert_trial(struct store *s, struct trial_record *record, struct err *e)
{
    const struct campaign_spec *spec = store_find_campaign(s, record->row.campaign, e);
    if (!spec)
        return -1;
    assert(record->row.x);
    struct str config = { 0 };
    config_to_json(&spec->space, record->row.x, &config);
    record->config = str_text(&config);
    record->x = (struct bytes){ record->row.x, spec->space.n_params * (int)sizeof(double) };
    int failed = insert_row(s, TABLE_TRIAL, record, e);
    str_deinit(&config);
    return failed;
}

int store_save_trial(struct store *s, const struct trial_row *row, struct err *e)
{
    assert(s->is_in_transaction);
    struct trial_record record = { .row = *row };
    int is_new = is_new_trial(s, row->id, e);
    int done = is_new ? 0 : update_row(s, TABLE_TRIAL, &record, e);
    if (is_new < 0 || done < 0 || (done == 0 && insert_trial(s, &record, e) < 0))
        return fail(s, TABLE_TRIAL, e);
    if (row->id > s->last_trial)
        s->last_trial = row->id;
    return 0;
}

/* ---- what people asked for ---- */

/* Another attempt may now be counted where the failure was. */
static int uncount_failure(struct store *s, int64_t trial, struct err *e)
{
    sqlite3_stmt *statement = store_statement(s, FAILURE_UNCOUNT, e);
    if (!statement)
        return -1;
    sqlite3_bind_int64(statement, 1, trial);
    return sql_finish(statement, e);
}

static int insert_enqueued(struct store *s, struct steer_record *record, struct err *e)
{
    const struct campaign_spec *spec = store_find_campaign(s, record->row.campaign, e);
    if (!spec)
        return -1;
    struct str config = { 0 };
    config_to_json(&spec->space, record->row.x, &config);
    record->config = str_text(&config);
    record->x = (struct bytes){ record->row.x, spec->space.n_params * (int)sizeof(double) };
    int failed = insert_row(s, TABLE_STEER, record, e);
    str_deinit(&config);
    return failed;
}

int store_save_steer(struct store *s, const struct steer_row *row, struct err *e)
{
    assert(s->is_in_transaction);
    struct steer_record record = { .row = *row };
    int done = row->x ? insert_enqueued(s, &record, e) : insert_row(s, TABLE_STEER, &record, e);
    if (done >= 0 && row->action == STEER_RETRY)
        done = uncount_failure(s, row->trial, e);
    return done < 0 ? fail(s, TABLE_STEER, e) : 0;
}
