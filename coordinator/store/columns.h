/* columns.h: a row's struct as a list of columns, from which its statements, bindings and readings all come. Only
 * coordinator/store includes it.
 */
#ifndef RUNG_COORDINATOR_STORE_COLUMNS_H
#define RUNG_COORDINATOR_STORE_COLUMNS_H

#include <sqlite3.h>
#include <stddef.h>

#include "common/base/err.h"

enum column_kind {
    COLUMN_INT,    /* int or uint32_t */
    COLUMN_INT64,  /* int64_t or uint64_t, as a signed one */
    COLUMN_BOOL,   /* bool */
    COLUMN_WORD,   /* an enum, by its name in `words` */
    COLUMN_NUMBER, /* double; NaN is NULL */
    COLUMN_TEXT,   /* const char *; NULL is "" unless COLUMN_OPTIONAL */
    COLUMN_CHARS,  /* an array of `size` chars */
    COLUMN_BYTES,  /* struct bytes */
    COLUMN_LIST    /* struct search_list, as a JSON array; a negative length is NULL */
};

enum column_flags {
    COLUMN_KEY = 1,       /* part of the primary key */
    COLUMN_ONCE = 2,      /* stays as first saved */
    COLUMN_OPTIONAL = 4,  /* NULL stands for "not said now": an update keeps what is there */
    COLUMN_0_NULL = 8,    /* 0 is NULL */
    COLUMN_NEG_NULL = 16, /* -1 is NULL */
    COLUMN_DERIVED = 32   /* `name` is an expression that is only read */
};

struct bytes {
    const void *at;
    int len;
};

struct column {
    const char *name;
    enum column_kind kind;
    unsigned flags;
    size_t offset; /* in the row's struct */
    size_t size;   /* COLUMN_CHARS: of the array; COLUMN_WORD: how many words */
    const char *const *words;
};

struct table {
    const char *name;
    const struct column *columns;
    int n_columns;
    int is_merged; /* an insert updates the row that has its key already */
};

/* Statements over all columns of a table, by their place in its list. Return owned, or NULL with e. `tail` follows
 * FROM: joins, WHERE, ORDER BY. */
sqlite3_stmt *columns_prepare_insert(sqlite3 *db, const struct table *t, struct err *e);
sqlite3_stmt *columns_prepare_update(sqlite3 *db, const struct table *t, struct err *e);
sqlite3_stmt *columns_prepare_select(sqlite3 *db, const struct table *t, const char *tail, struct err *e);

/* Bind the row to a statement of columns_prepare_insert or _update; texts are borrowed until the statement is reset. */
void columns_bind_insert(sqlite3_stmt *statement, const struct table *t, const void *row);
void columns_bind_update(sqlite3_stmt *statement, const struct table *t, const void *row);

/* Fill the row's struct from the current row of a columns_prepare_select; texts borrow until the next step. */
int columns_read(sqlite3_stmt *statement, const struct table *t, void *row, struct err *e);

#endif
