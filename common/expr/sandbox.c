#include "common/expr/sandbox.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/str.h"
#include "common/expr/functions.h"
#include "common/expr/text.h"

enum { STEPS_A_PERIOD = 1000 };

/* clang-format off */
static const struct { int limit, value; } limits[] = {
    { SQLITE_LIMIT_LENGTH,              LIMIT_EXPRESSION_TEXT },
    { SQLITE_LIMIT_SQL_LENGTH,          LIMIT_EXPRESSION_TEXT },
    { SQLITE_LIMIT_EXPR_DEPTH,          LIMIT_EXPRESSION_DEPTH },
    { SQLITE_LIMIT_COMPOUND_SELECT,     2 },
    { SQLITE_LIMIT_FUNCTION_ARG,        100 },
    { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
    { SQLITE_LIMIT_ATTACHED,            0 },
    { SQLITE_LIMIT_TRIGGER_DEPTH,       0 },
    { SQLITE_LIMIT_WORKER_THREADS,      0 },
    { SQLITE_LIMIT_VARIABLE_NUMBER,     SANDBOX_COLUMNS },
};

static const struct { int option, value; } options[] = {
    { SQLITE_DBCONFIG_DQS_DML,               0 },
    { SQLITE_DBCONFIG_DQS_DDL,               0 },
    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER,        0 },
    { SQLITE_DBCONFIG_ENABLE_VIEW,           0 },
    { SQLITE_DBCONFIG_TRUSTED_SCHEMA,        0 },
    { SQLITE_DBCONFIG_DEFENSIVE,             1 },
};
/* clang-format on */

static int deny(struct sandbox *s, const char *why, const char *name)
{
    if (!*s->refusal)
        snprintf(s->refusal, sizeof s->refusal, "%s%.64s", why, name);
    return SQLITE_DENY;
}

static int column_of(const struct sandbox *s, const char *name)
{
    for (int i = 0; i < s->n_columns; i++)
        if (strcmp(s->columns[i], name) == 0)
            return i;
    return -1;
}

/* Asked by SQLite for each thing that a statement wants while it is prepared. */
static int authorize(void *context, int action, const char *a, const char *b, const char *database, const char *trigger)
{
    struct sandbox *s = context;
    if (action == SQLITE_SELECT) {
        if (++s->n_selects > s->max_selects)
            return deny(s, "a subquery: expected an expression over the parameters", "");
        return SQLITE_OK;
    }
    if (action == SQLITE_READ && strcmp(a, "p") == 0) {
        int i = column_of(s, b);
        if (i < 0 && *b)
            return deny(s, "no such column: ", b);
        if (i >= 0)
            s->reads[i] = true;
        return SQLITE_OK;
    }
    if (action == SQLITE_FUNCTION && functions_allow(b))
        return SQLITE_OK;
    if (action == SQLITE_FUNCTION)
        return deny(s, "this function is not allowed: ", b);
    return deny(s, "not an expression over the parameters", "");
}

/* Asked about every STEPS_A_PERIOD steps of SQLite's machine; anything but 0 ends the statement. */
static int progress(void *context)
{
    struct sandbox *s = context;
    return ++s->n_periods > LIMIT_EXPRESSION_STEPS / STEPS_A_PERIOD;
}

/* The table that expressions are compiled against first, so that SQLite says which columns they read. It stays empty.
 */
static int create_columns(struct sandbox *s, struct err *e)
{
    struct str sql = { 0 };
    sqlite3_stmt *statement = NULL;
    str_add(&sql, "CREATE TABLE p(");
    for (int i = 0; i < s->n_columns; i++) /* names hold letters, digits and _.- alone */
        str_addf(&sql, "%s\"%s\"", i == 0 ? "" : ",", s->columns[i]);
    str_add(&sql, s->n_columns ? ")" : "unused)");
    int status = sqlite3_prepare_v2(s->db, str_text(&sql), -1, &statement, NULL);
    if (status == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE)
        status = SQLITE_DONE;
    sqlite3_finalize(statement);
    str_deinit(&sql);
    return status == SQLITE_DONE ? 0 : err_set(e, ERR_INVALID, "%s", sqlite3_errmsg(s->db));
}

int sandbox_open(struct sandbox *s, const char *const *columns, int n_columns, struct err *e)
{
    assert(n_columns <= SANDBOX_COLUMNS);
    *s = (struct sandbox){
        .columns = columns, .n_columns = n_columns, .noun = "parameter", .place = "in the space or in fixed"
    };
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(":memory:", &s->db, flags, NULL) != SQLITE_OK) {
        err_set(e, ERR_IO, "open SQLite in memory: %s", s->db ? sqlite3_errmsg(s->db) : "no memory");
        sandbox_close(s);
        return -1;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(s->db, limits[i].limit, limits[i].value);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        sqlite3_db_config(s->db, options[i].option, options[i].value, NULL);
    functions_add(s->db);
    if (create_columns(s, e) < 0) {
        sandbox_close(s);
        return -1;
    }
    sqlite3_set_authorizer(s->db, authorize, s);
    sqlite3_progress_handler(s->db, STEPS_A_PERIOD, progress, s);
    return 0;
}

void sandbox_close(struct sandbox *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    s->db = NULL;
}

/* The name behind `prefix` in a message of SQLite, without its quotes; false when the message is another. */
static bool name_behind(const char *message, const char *prefix, char *name, size_t cap)
{
    if (!str_starts(message, prefix))
        return false;
    message += strlen(prefix);
    size_t len = strcspn(message + (*message == '"'), "\"( ");
    snprintf(name, cap, "%.*s", (int)len, message + (*message == '"'));
    return true;
}

static int explain_column(const struct sandbox *s, const char *text, const char *name, struct err *e)
{
    const char *near = str_nearest(name, s->columns, (size_t)s->n_columns);
    const char *hint = strchr(text, '"') ? " (a text stands in single quotes)" : "";
    if (near)
        return err_set(e, ERR_INVALID, "no %s \"%s\": did you mean \"%s\"?", s->noun, name, near);
    return err_set(e, ERR_INVALID, "no %s \"%s\" %s%s", s->noun, name, s->place, hint);
}

/* What SQLite says about the statement that was made of `text`, in the words of who wrote `text`. */
static int explain(const struct sandbox *s, const char *text, struct err *e)
{
    const char *message = *s->refusal ? s->refusal : sqlite3_errmsg(s->db), *near = NULL;
    char name[LIMIT_NAME + 1];
    if (name_behind(message, "no such column: ", name, sizeof name))
        return explain_column(s, text, name, e);
    const char *const *functions;
    size_t n_functions = functions_names(&functions);
    if (name_behind(message, "no such function: ", name, sizeof name))
        near = str_nearest(name, functions, n_functions);
    if (near)
        return err_set(e, ERR_INVALID, "%s: did you mean \"%s\"?", message, near);
    if (strcmp(message, "near \")\": syntax error") == 0 && !strchr(text, ')'))
        return err_set(e, ERR_INVALID, "syntax error: the expression is not complete");
    return err_set(e, ERR_INVALID, "%s", message);
}

static sqlite3_stmt *prepare(struct sandbox *s, const struct str *sql, const char *text, int max_selects, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    s->n_selects = 0;
    s->max_selects = max_selects;
    s->refusal[0] = '\0';
    int status =
        sqlite3_prepare_v3(s->db, str_text(sql), (int)sql->len + 1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (status == SQLITE_OK && statement)
        return statement;
    explain(s, text, e);
    sqlite3_finalize(statement);
    return NULL;
}

/* Prepares the expression over the table, and forgets the statement: what is left is s->reads. In a WHERE, so that
 * aggregates are refused. */
static int find_reads(struct sandbox *s, const char *text, struct err *e)
{
    struct str sql = { 0 };
    memset(s->reads, 0, sizeof s->reads);
    str_addf(&sql, "SELECT 1 FROM p WHERE (%s)", text);
    sqlite3_stmt *statement = prepare(s, &sql, text, 1, e);
    str_deinit(&sql);
    sqlite3_finalize(statement);
    return statement ? 0 : -1;
}

struct sqlite3_stmt *sandbox_compile(struct sandbox *s, const char *text, int *reads, int *n_reads, struct err *e)
{
    struct str sql = { 0 };
    const char *refusal = text_refusal(text);
    if (refusal) {
        err_set(e, ERR_INVALID, "%s", refusal);
        return NULL;
    }
    if (find_reads(s, text, e) < 0)
        return NULL;
    *n_reads = 0;
    /* Bound values under the columns' names: twice as quick as a table of one row. */
    str_addf(&sql, "SELECT NOT (%s) FROM (SELECT 0", text);
    for (int i = 0; i < s->n_columns; i++)
        if (s->reads[i]) {
            reads[(*n_reads)++] = i;
            str_addf(&sql, ",?%d AS \"%s\"", *n_reads, s->columns[i]);
        }
    str_add(&sql, ") AS p");
    sqlite3_stmt *statement = prepare(s, &sql, text, 2, e);
    str_deinit(&sql);
    return statement;
}

enum sandbox_truth sandbox_evaluate(struct sandbox *s, struct sqlite3_stmt *statement, struct err *e)
{
    enum sandbox_truth truth = SANDBOX_FAILED;
    s->n_periods = 0;
    if (sqlite3_step(statement) != SQLITE_ROW)
        err_set(e, ERR_LIMIT, "%s", sqlite3_errmsg(s->db));
    else if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
        truth = SANDBOX_NULL;
    else
        truth = sqlite3_column_int(statement, 0) ? SANDBOX_FALSE : SANDBOX_TRUE;
    sqlite3_reset(statement);
    return truth;
}
