#include "coordinator/store/columns.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "coordinator/search/search.h"
#include "coordinator/store/sql.h"

static bool is_inserted(const struct column *c)
{
    return !(c->flags & COLUMN_DERIVED);
}

static bool is_set_by_update(const struct column *c)
{
    return !(c->flags & (COLUMN_DERIVED | COLUMN_ONCE | COLUMN_KEY));
}

static bool is_key(const struct column *c)
{
    return c->flags & COLUMN_KEY;
}

/* ---- statements. Parameters are numbered by the column's place in the list, from 1 ---- */

/* Adds each column that `is_wanted`: its name, and what it is set to unless that is not asked for. */
static void add_columns(struct str *sql, const struct table *t, bool (*is_wanted)(const struct column *),
    const char *glue, bool is_assigned)
{
    const char *before = "";
    for (int i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        if (!is_wanted(c))
            continue;
        if (!is_assigned)
            str_addf(sql, "%s%s", before, c->name);
        else if (c->flags & COLUMN_OPTIONAL)
            str_addf(sql, "%s%s = coalesce(?%d, %s)", before, c->name, i + 1, c->name);
        else
            str_addf(sql, "%s%s = ?%d", before, c->name, i + 1);
        before = glue;
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, struct str *sql, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(db, str_text(sql), e);
    str_deinit(sql);
    return statement;
}

sqlite3_stmt *columns_prepare_insert(sqlite3 *db, const struct table *t, struct err *e)
{
    struct str sql = { 0 };
    str_addf(&sql, "INSERT INTO %s (", t->name);
    add_columns(&sql, t, is_inserted, ", ", false);
    str_add(&sql, ") VALUES (");
    const char *before = "";
    for (int i = 0; i < t->n_columns; i++) {
        if (!is_inserted(&t->columns[i]))
            continue;
        str_addf(&sql, "%s?%d", before, i + 1);
        before = ", ";
    }
    str_add(&sql, ")");
    if (t->is_merged) {
        str_add(&sql, " ON CONFLICT (");
        add_columns(&sql, t, is_key, ", ", false);
        str_add(&sql, ") DO UPDATE SET ");
        add_columns(&sql, t, is_set_by_update, ", ", true);
    }
    return prepare(db, &sql, e);
}

sqlite3_stmt *columns_prepare_update(sqlite3 *db, const struct table *t, struct err *e)
{
    struct str sql = { 0 };
    str_addf(&sql, "UPDATE %s SET ", t->name);
    add_columns(&sql, t, is_set_by_update, ", ", true);
    str_add(&sql, " WHERE ");
    add_columns(&sql, t, is_key, " AND ", true);
    return prepare(db, &sql, e);
}

sqlite3_stmt *columns_prepare_select(sqlite3 *db, const struct table *t, const char *tail, struct err *e)
{
    struct str sql = { 0 };
    for (int i = 0; i < t->n_columns; i++)
        str_addf(&sql, "%s%s%s%s", i ? ", " : "SELECT ", is_inserted(&t->columns[i]) ? t->name : "",
            is_inserted(&t->columns[i]) ? "." : "", t->columns[i].name);
    str_addf(&sql, " FROM %s %s", t->name, tail);
    return prepare(db, &sql, e);
}

/* ---- binding ---- */

static void bind_int(sqlite3_stmt *statement, int i, const struct column *c, int64_t value)
{
    if (((c->flags & COLUMN_0_NULL) && value == 0) || ((c->flags & COLUMN_NEG_NULL) && value < 0))
        sqlite3_bind_null(statement, i);
    else
        sqlite3_bind_int64(statement, i, value);
}

static void bind_word(sqlite3_stmt *statement, int i, const struct column *c, int value)
{
    if ((c->flags & COLUMN_NEG_NULL) && value < 0) {
        sqlite3_bind_null(statement, i);
        return;
    }
    assert(value >= 0 && (size_t)value < c->size);
    sqlite3_bind_text(statement, i, c->words[value], -1, SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *statement, int i, const struct column *c, const char *text)
{
    if (!text && !(c->flags & COLUMN_OPTIONAL))
        text = "";
    sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
}

static void bind_list(sqlite3_stmt *statement, int i, const struct search_list *list)
{
    struct str text = { 0 };
    for (int k = 0; k < list->n; k++)
        str_addf(&text, "%c%u", k ? ',' : '[', list->trials[k]);
    str_add(&text, list->n > 0 ? "]" : "[]");
    if (list->n >= 0)
        sqlite3_bind_text(statement, i, str_text(&text), -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(statement, i);
    str_deinit(&text);
}

static void bind_column(sqlite3_stmt *statement, int i, const struct column *c, const char *at)
{
    switch (c->kind) {
    case COLUMN_INT:
        bind_int(statement, i, c, *(const int *)(const void *)at);
        break;
    case COLUMN_INT64:
        bind_int(statement, i, c, *(const int64_t *)(const void *)at);
        break;
    case COLUMN_BOOL:
        sqlite3_bind_int(statement, i, *(const bool *)(const void *)at);
        break;
    case COLUMN_WORD:
        bind_word(statement, i, c, *(const int *)(const void *)at);
        break;
    case COLUMN_NUMBER: /* SQLite itself makes NULL of NaN */
        sqlite3_bind_double(statement, i, *(const double *)(const void *)at);
        break;
    case COLUMN_TEXT:
        bind_text(statement, i, c, *(const char *const *)(const void *)at);
        break;
    case COLUMN_CHARS:
        sqlite3_bind_text(statement, i, at, -1, SQLITE_STATIC);
        break;
    case COLUMN_BYTES: {
        const struct bytes *bytes = (const struct bytes *)(const void *)at;
        sqlite3_bind_blob(statement, i, bytes->at, bytes->len, SQLITE_STATIC);
        break;
    }
    case COLUMN_LIST:
        bind_list(statement, i, (const struct search_list *)(const void *)at);
        break;
    }
}

void columns_bind_insert(sqlite3_stmt *statement, const struct table *t, const void *row)
{
    for (int i = 0; i < t->n_columns; i++)
        if (is_inserted(&t->columns[i]))
            bind_column(statement, i + 1, &t->columns[i], (const char *)row + t->columns[i].offset);
}

void columns_bind_update(sqlite3_stmt *statement, const struct table *t, const void *row)
{
    for (int i = 0; i < t->n_columns; i++)
        if (is_key(&t->columns[i]) || is_set_by_update(&t->columns[i]))
            bind_column(statement, i + 1, &t->columns[i], (const char *)row + t->columns[i].offset);
}

/* ---- reading ---- */

static int64_t read_int(sqlite3_stmt *statement, int i, const struct column *c)
{
    if (sqlite3_column_type(statement, i) == SQLITE_NULL)
        return c->flags & COLUMN_NEG_NULL ? -1 : 0;
    return sqlite3_column_int64(statement, i);
}

static int read_word(sqlite3_stmt *statement, int i, const struct column *c, int *out, struct err *e)
{
    const char *word = (const char *)sqlite3_column_text(statement, i);
    if (!word && (c->flags & COLUMN_NEG_NULL)) {
        *out = -1;
        return 0;
    }
    for (size_t w = 0; word && w < c->size; w++)
        if (strcmp(word, c->words[w]) == 0) {
            *out = (int)w;
            return 0;
        }
    return err_set(e, ERR_CORRUPT, "column %s has the unknown word \"%s\"", c->name, word ? word : "NULL");
}

static int read_chars(sqlite3_stmt *statement, int i, const struct column *c, char *to, struct err *e)
{
    const char *text = (const char *)sqlite3_column_text(statement, i);
    if (!str_copy(to, c->size, text ? text : ""))
        return err_set(e, ERR_CORRUPT, "column %s is longer than %zu bytes", c->name, c->size - 1);
    return 0;
}

static int read_list(sqlite3_stmt *statement, int i, const struct column *c, struct search_list *list, struct err *e)
{
    const char *text = (const char *)sqlite3_column_text(statement, i), *at = text;
    *list = (struct search_list){ .n = text ? 0 : -1 };
    while (text && (*at == '[' || *at == ',') && at[1] >= '0' && at[1] <= '9' && list->n < SEARCH_LISTED) {
        char *end;
        list->trials[list->n++] = (uint32_t)strtoul(at + 1, &end, 10);
        at = end;
    }
    if (text && strcmp(at, list->n ? "]" : "[]") != 0)
        return err_set(e, ERR_CORRUPT, "column %s is no list of trials", c->name);
    return 0;
}

static int read_column(sqlite3_stmt *statement, int i, const struct column *c, char *at, struct err *e)
{
    switch (c->kind) {
    case COLUMN_INT:
        *(int *)(void *)at = (int)read_int(statement, i, c);
        return 0;
    case COLUMN_INT64:
        *(int64_t *)(void *)at = read_int(statement, i, c);
        return 0;
    case COLUMN_BOOL:
        *(bool *)(void *)at = sqlite3_column_int(statement, i) != 0;
        return 0;
    case COLUMN_WORD:
        return read_word(statement, i, c, (int *)(void *)at, e);
    case COLUMN_NUMBER:
        *(double *)(void *)at =
            sqlite3_column_type(statement, i) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, i);
        return 0;
    case COLUMN_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        *(const char **)(void *)at = text || (c->flags & COLUMN_OPTIONAL) ? text : "";
        return 0;
    }
    case COLUMN_CHARS:
        return read_chars(statement, i, c, at, e);
    case COLUMN_BYTES:
        ((struct bytes *)(void *)at)->at = sqlite3_column_blob(statement, i);
        ((struct bytes *)(void *)at)->len = sqlite3_column_bytes(statement, i);
        return 0;
    case COLUMN_LIST:
        return read_list(statement, i, c, (struct search_list *)(void *)at, e);
    }
    return 0;
}

int columns_read(sqlite3_stmt *statement, const struct table *t, void *row, struct err *e)
{
    for (int i = 0; i < t->n_columns; i++)
        if (read_column(statement, i, &t->columns[i], (char *)row + t->columns[i].offset, e) < 0)
            return err_prefix(e, "table %s", t->name);
    return 0;
}
