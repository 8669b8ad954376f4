#include "coordinator/store/loading.h"

#include <assert.h>
#include <string.h>

static int next_row(sqlite3_stmt *statement, const struct table *t, void *row, struct err *e)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW)
        return sql_fail(sqlite3_db_handle(statement), rc, e);
    return columns_read(statement, t, row, e) < 0 ? -1 : 1;
}

void where_say(struct where *w, const char *text)
{
    str_addf(&w->text, "%s %s ", w->text.len ? "AND" : "WHERE", text);
}

void where_bind(struct where *w, int64_t value)
{
    assert(w->n_values < (int)(sizeof w->values / sizeof *w->values));
    w->values[w->n_values++] = value;
}

void where_add(struct where *w, const char *text, int64_t value)
{
    where_say(w, text);
    where_bind(w, value);
}

int store_load(struct store *s, const struct loading *what, struct where *where, struct err *e)
{
    const struct table *t = &tables[what->table];
    s->steps_left = s->options.max_steps;
    str_add(&where->text, what->order);
    sqlite3_stmt *statement = columns_prepare_select(s->db, t, str_text(&where->text), e);
    str_deinit(&where->text);
    if (!statement)
        return err_prefix(e, "load %s", t->name);
    for (int i = 0; i < where->n_values; i++)
        sqlite3_bind_int64(statement, i + 1, where->values[i]);
    int got;
    while ((got = next_row(statement, t, what->row, e)) > 0)
        if (what->hand(what->take, what->context, what->row, e) < 0)
            break;
    sqlite3_finalize(statement);
    if (got < 0)
        err_prefix(e, "load %s", t->name);
    return got == 0 ? 0 : -1;
}

/* ---- hands ---- */

/* The doubles may lie unaligned in SQLite's page, so they are copied. */
int hand_trial(const void *take, void *context, const void *row, struct err *e)
{
    const struct trial_record *record = (const struct trial_record *)row;
    struct trial_row trial = record->row;
    double x[LIMIT_PARAMS];
    size_t len = (size_t)record->x.len;
    if (len > sizeof x || len % sizeof *x)
        return err_set(e, ERR_CORRUPT, "trial %lld: x has %zu bytes", (long long)trial.id, len);
    if (len)
        memcpy(x, record->x.at, len);
    trial.x = x;
    return (*(store_take_trial *const *)take)(context, &trial, (int)(len / sizeof *x), e);
}

int hand_steer(const void *take, void *context, const void *row, struct err *e)
{
    const struct steer_record *record = (const struct steer_record *)row;
    struct steer_row steer = record->row;
    double x[LIMIT_PARAMS];
    size_t len = (size_t)record->x.len;
    if (len > sizeof x || len % sizeof *x)
        return err_set(e, ERR_CORRUPT, "steer %llu: x has %zu bytes", (unsigned long long)steer.seq, len);
    if (len)
        memcpy(x, record->x.at, len);
    steer.x = len ? x : NULL;
    steer.n_x = (int)(len / sizeof *x);
    return (*(store_take_steer *const *)take)(context, &steer, e);
}

int hand_decision(const void *take, void *context, const void *row, struct err *e)
{
    return (*(store_take_decision *const *)take)(context, (const struct decision_row *)row, e);
}
