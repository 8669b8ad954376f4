#include "coordinator/store/question.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/functions.h"
#include "common/expr/sandbox.h"
#include "coordinator/store/parts.h"
#include "coordinator/store/question_columns.h"

#define LAST_ROWS_ORDER "seq"

struct asked {
    struct store *store;
    const struct question *q;
    struct question_columns columns; /* of the view */
    int chosen[SANDBOX_COLUMNS];     /* those of the answer, in order */
    int n_chosen;
    sqlite3_stmt *statement;
};

/* ---- what is asked for, by name ---- */

/* The index of the column whose name the first `len` bytes are. */
static int find_column(const struct asked *a, const char *name, size_t len, struct err *e)
{
    char wanted[LIMIT_NAME + 1];
    struct str all = { 0 };
    snprintf(wanted, sizeof wanted, "%.*s", (int)len, name);
    for (int i = 0; i < a->columns.n; i++) {
        if (strcmp(a->columns.names[i], wanted) == 0) {
            str_deinit(&all);
            return i;
        }
        str_addf(&all, "%s%s", i ? ", " : "", a->columns.names[i]);
    }
    const char *near = str_nearest(wanted, (const char *const *)a->columns.names, (size_t)a->columns.n);
    if (near)
        err_set(e, ERR_USAGE, "there is no column \"%s\"; is it %s? There are %s", wanted, near, str_text(&all));
    else
        err_set(e, ERR_USAGE, "there is no column \"%s\"; there are %s", wanted, str_text(&all));
    str_deinit(&all);
    return -1;
}

static int choose_columns(struct asked *a, struct err *e)
{
    const char *list = a->q->columns;
    for (int i = 0; !list && i < a->columns.n; i++)
        a->chosen[a->n_chosen++] = i;
    while (list) {
        list += strspn(list, " ");
        size_t len = strcspn(list, ", ");
        int found = find_column(a, list, len, e);
        if (found < 0)
            return -1;
        if (a->n_chosen == SANDBOX_COLUMNS)
            return err_set(e, ERR_USAGE, "more than %d columns", SANDBOX_COLUMNS);
        a->chosen[a->n_chosen++] = found;
        list += len + strspn(list + len, " ");
        list = *list ? list + 1 : NULL;
    }
    return 0;
}

/* Compiles the condition where it can reach nothing, and says what is wrong with it. */
static int check_condition(const struct asked *a, struct err *e)
{
    struct sandbox box;
    int reads[SANDBOX_COLUMNS], n_reads;
    struct str all = { 0 };
    for (int i = 0; i < a->columns.n; i++)
        str_addf(&all, "%s%s", i ? ", " : "; there are ", a->columns.names[i]);
    if (sandbox_open(&box, (const char *const *)a->columns.names, a->columns.n, e) < 0) {
        str_deinit(&all);
        return -1;
    }
    box.noun = "column";
    box.place = str_text(&all);
    sqlite3_stmt *statement = sandbox_compile(&box, a->q->where, reads, &n_reads, e);
    sqlite3_finalize(statement);
    sandbox_close(&box);
    str_deinit(&all);
    if (statement)
        return 0;
    e->code = ERR_USAGE;
    return err_prefix(e, "the condition \"%s\"", a->q->where);
}

/* ---- the statement ---- */

static void add_chosen(const struct asked *a, struct str *sql)
{
    str_add(sql, "SELECT ");
    for (int i = 0; i < a->n_chosen; i++) {
        str_add(sql, i ? ", " : "");
        question_columns_shown(&a->columns, a->chosen[i], sql);
    }
}

static int add_order(const struct asked *a, struct str *sql, struct err *e)
{
    const char *sort = a->q->sort, *colon = sort ? strchr(sort, ':') : NULL;
    if (a->q->max_rows < 0) { /* the last ones by an inner question, since the outer one puts them in order */
        str_add(sql, " ORDER BY " LAST_ROWS_ORDER " DESC");
        return 0;
    }
    if (!sort) {
        question_columns_order(&a->columns, a->q, sql);
        return 0;
    }
    bool is_down = colon && strcmp(colon + 1, "desc") == 0;
    if (colon && !is_down && strcmp(colon + 1, "asc") != 0)
        return err_set(e, ERR_USAGE, "--sort takes COLUMN, COLUMN:asc or COLUMN:desc, not \"%s\"", sort);
    int i = find_column(a, sort, colon ? (size_t)(colon - sort) : strlen(sort), e);
    if (i < 0)
        return -1;
    str_addf(sql, " ORDER BY \"%s\" %s NULLS LAST", a->columns.names[i], is_down ? "DESC" : "ASC");
    question_columns_tie(&a->columns, sql);
    return 0;
}

static int prepare(struct asked *a, struct err *e)
{
    struct str sql = { 0 };
    const struct question *q = a->q;
    bool is_last = q->max_rows < 0;
    if (is_last)
        str_add(&sql, "SELECT * FROM (");
    add_chosen(a, &sql);
    if (is_last)
        str_add(&sql, ", " LAST_ROWS_ORDER " AS \"place of the row\"");
    question_columns_from(&a->columns, q, &sql);
    if (q->where)
        str_addf(&sql, " AND (%s)", q->where);
    int failed = add_order(a, &sql, e);
    str_add(&sql, " LIMIT ?2");
    if (is_last)
        str_add(&sql, ") ORDER BY \"place of the row\"");
    if (!failed && !(a->statement = sql_prepare(a->store->db, str_text(&sql), e)))
        failed = err_prefix(e, "ask the store");
    str_deinit(&sql);
    if (failed)
        return -1;
    sqlite3_bind_int64(a->statement, 1, q->campaign);
    sqlite3_bind_int64(a->statement, 2, q->max_rows ? (is_last ? -q->max_rows : q->max_rows) : -1);
    return 0;
}

/* ---- the public door ---- */

/* "3,7": digits and commas alone, since it becomes a part of the statement. */
static int check_trials(const char *trials, struct err *e)
{
    for (const char *c = trials; c && *c; c++)
        if (!isdigit((unsigned char)*c) && !(*c == ',' && c > trials && c[1]))
            return err_set(e, ERR_USAGE, "\"%s\" is no list of trials", trials);
    return 0;
}

struct asked *question_open(struct store *s, const struct question *q, struct err *e)
{
    assert(s->options.mode == STORE_READ); /* views are closed to the writer */
    struct asked *a = mem_zalloc(1, sizeof *a);
    a->store = s;
    a->q = q;
    s->steps_left = s->options.max_steps;
    functions_add(s->db);
    if (question_columns_init(&a->columns, s->db, q, e) == 0 && choose_columns(a, e) == 0 &&
        (!q->where || check_condition(a, e) == 0) && check_trials(q->trials, e) == 0 && prepare(a, e) == 0)
        return a;
    question_close(a);
    return NULL;
}

void question_close(struct asked *a)
{
    if (!a)
        return;
    sqlite3_finalize(a->statement);
    question_columns_deinit(&a->columns);
    free(a);
}

int question_n_columns(const struct asked *a)
{
    return a->n_chosen;
}

const char *question_column(const struct asked *a, int i)
{
    assert(i < a->n_chosen);
    return a->columns.names[a->chosen[i]];
}

static void read_cell(const struct asked *a, int i, struct cell *c)
{
    *c = (struct cell){ CELL_NULL };
    switch (sqlite3_column_type(a->statement, i)) {
    case SQLITE_INTEGER:
        c->kind = CELL_INT;
        c->whole = sqlite3_column_int64(a->statement, i);
        break;
    case SQLITE_FLOAT:
        c->kind = CELL_NUMBER;
        c->number = sqlite3_column_double(a->statement, i);
        break;
    case SQLITE_TEXT:
        c->kind = question_columns_is_json(&a->columns, a->chosen[i]) ? CELL_JSON : CELL_TEXT;
        c->text = (const char *)sqlite3_column_text(a->statement, i);
        break;
    }
}

int question_next(struct asked *a, struct cell *cells, struct err *e)
{
    int rc = sqlite3_step(a->statement);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc == SQLITE_INTERRUPT)
        return err_set(e, ERR_INTERRUPTED, "the question took too long; ask for less with --where or --limit");
    if (rc != SQLITE_ROW) {
        sql_fail(a->store->db, rc, e);
        return err_prefix(e, "ask the store");
    }
    for (int i = 0; i < a->n_chosen; i++)
        read_cell(a, i, &cells[i]);
    return 1;
}
