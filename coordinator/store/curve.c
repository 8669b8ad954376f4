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

static int save_metrics(struct store *s, const struct result_row *row, int64_t step, json_value metrics, struct err *e)
{
    sqlite3_stmt *point = store_statement(s, row->is_counted ? POINT_COUNTED : POINT_UNCOUNTED, e);
    if (!point)
        return -1;
    for (json_value v = json_first(metrics); v; v = json_next(v)) {
        int64_t metric = 0;
        if (json_type(v) != JSON_NUMBER)
            return err_set(e, ERR_INVALID, "metric %s is %s, not a number", json_key(v), json_type_name(v));
        if (find_metric(s, json_key(v), &metric, e) < 0)
            return -1;
        sqlite3_bind_int64(point, 1, row->trial);
        sqlite3_bind_int64(point, 2, metric);
        sqlite3_bind_int64(point, 3, step);
        sqlite3_bind_double(point, 4, json_number(v));
        sqlite3_bind_int64(point, 5, (int64_t)row->seq);
        if (sql_finish(point, e) < 0)
            return -1;
    }
    return 0;
}

int store_save_curve(struct store *s, const struct result_row *row, struct err *e)
{
    if (str_equal(row->verdict, "unknown"))
        return 0;
    for (int i = 0; i < row->n_curve; i++) {
        const char *text = row->curve[i].metrics;
        struct json_doc *doc = json_parse(text, strlen(text), e);
        int failed = doc ? save_metrics(s, row, row->curve[i].step, json_root(doc), e) : -1;
        json_free(doc);
        if (failed)
            return err_prefix(e, "curve at step %lld", (long long)row->curve[i].step);
    }
    return 0;
}
