/* checks.h: tap.h and sample.h, and what the tests of the store check again and again. */
#ifndef RUNG_TESTS_STORE_CHECKS_H
#define RUNG_TESTS_STORE_CHECKS_H

#include "common/base/str.h"
#include "coordinator/store/parts.h"
#include "tests/store/sample.h"
#include "tests/tap.h"

static struct err e;

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            TAP_FAIL("%s: %s", #call, e.text);                                                                         \
    } while (0)

__attribute__((unused)) static struct store *begun(const char *dir, int n_trials)
{
    struct store *s = sample_begun(dir, n_trials);
    if (!s)
        TAP_FAIL("sample_begun: %s", sample_error.text);
    return s;
}

__attribute__((unused)) static struct store *opened(const char *dir, enum store_mode mode)
{
    struct store *s = sample_open(dir, mode);
    if (!s)
        TAP_FAIL("store_open: %s", sample_error.text);
    return s;
}

/* The rows of an answer as text: columns with | between, rows with a blank; NULL is -. */
__attribute__((unused)) static const char *asked_db(sqlite3 *db, const char *sql)
{
    static char text[8192];
    struct str rows = { 0 };
    sqlite3_stmt *statement = sql_prepare(db, sql, &e);
    if (!statement)
        TAP_FAIL("%s: %s", sql, e.text);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        str_add(&rows, rows.len ? " " : "");
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            str_addf(&rows, "%s%s", i ? "|" : "", value ? value : "-");
        }
    }
    sqlite3_finalize(statement);
    str_copy(text, sizeof text, str_text(&rows));
    str_deinit(&rows);
    return text;
}

__attribute__((unused)) static const char *asked(struct store *s, const char *sql)
{
    return asked_db(s->db, sql);
}

#endif
