#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "coordinator/store/parts.h"

/* The id of a metric's name in the database, which is new there perhaps. */
static int look_up_metric(struct store *s, const char *name, int64_t *out, struct err *e)
{
    for (enum point_statement which = METRIC_FIND; which <= METRIC_ADD; which++) {
        sqlite3_stmt *statement = store_statement(s, which, e);
        if (!statement)
            return -1;
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        int rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW)
            *out = sqlite3_column_int64(statement, 0);
        int failed = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sql_fail(s->db, rc, e);
        sqlite3_reset(statement);
        if (rc == SQLITE_ROW || failed)
            return failed;
    }
    return err_set(e, ERR_IO, "metric %s was not added", name);
}

static int find_metric(struct store *s, const char *name, int64_t *out, struct err *e)
{
    for (size_t i = 0; i < s->n_metrics; i++)
        if (str_equal(s->metrics[i].name, name)) {
            *out = s->metrics[i].id;
            return 0;
        }
    struct known_metric new;
    if (!str_copy(new.name, sizeof new.name, name))
        return err_set(e, ERR_INVALID, "the metric name %s... is longer than %d bytes", new.name, LIMIT_NAME);
    if (look_up_metric(s, name, &new.id, e) < 0)
        return -1;
    if (s->n_metrics < LIMIT_METRICS) { /* more are looked up each time */
        s->metrics = mem_grow(s->metrics, s->n_metrics, &s->cap_metrics, sizeof *s->metrics);
        s->metrics[s->n_metrics++] = new;
    }
    *out = new.id;
    return 0;
}

struct saving {
    struct store *store;
    const struct result_row *row;
    int64_t step;
};

static int save_point(void *context, const char *name, double value, struct err *e)
{
    const struct saving *at = context;
    sqlite3_stmt *point = store_statement(at->store, at->row->is_counted ? POINT_COUNTED : POINT_UNCOUNTED, e);
    int64_t metric = 0;
    if (!point || find_metric(at->store, name, &metric, e) < 0)
        return -1;
    sqlite3_bind_int64(point, 1, at->row->trial);
    sqlite3_bind_int64(point, 2, metric);
    sqlite3_bind_int64(point, 3, at->step);
    sqlite3_bind_double(point, 4, value);
    sqlite3_bind_int64(point, 5, (int64_t)at->row->seq);
    return sql_finish(point, e);
}

int store_save_curve(struct store *s, const struct result_row *row, struct err *e)
{
    if (str_equal(row->verdict, "unknown"))
        return 0;
    for (int i = 0; i < row->n_curve; i++) {
        struct saving at = { s, row, row->curve[i].step };
        if (json_each_number(row->curve[i].metrics, save_point, &at, e) < 0)
            return err_prefix(e, "curve at step %lld", (long long)at.step);
    }
    return 0;
}
