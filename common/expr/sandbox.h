/* sandbox.h: an SQLite in memory that evaluates expressions over named columns, and does nothing else.
 * One thread. */
#ifndef RUNG_COMMON_EXPR_SANDBOX_H
#define RUNG_COMMON_EXPR_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/limits.h"

struct sqlite3;
struct sqlite3_stmt;

/* Parameters of the space, and fixed ones. */
enum { SANDBOX_COLUMNS = 2 * LIMIT_PARAMS };

struct sandbox {
    struct sqlite3 *db;
    const char *const *columns; /* names, borrowed until sandbox_close */
    int n_columns;
    const char *noun;  /* what a column is to who wrote the expression: "parameter" unless set after opening */
    const char *place; /* and where they are: "in the space or in fixed" */
    bool reads[SANDBOX_COLUMNS]; /* the columns that the expression compiled last names */
    /* While a statement is prepared: */
    int n_selects, max_selects;
    char refusal[128]; /* why the authorizer said no, "" when it did not */
    /* While one runs: how often SQLITE's progress was asked after. */
    int n_periods;
};

int sandbox_open(struct sandbox *s, const char *const *columns, int n_columns, struct err *e);
void sandbox_close(struct sandbox *s); /* after the statements were finalized */

/* Prepares one expression as a statement whose only column is 1 where the expression is false, 0 where it is true, NULL
 * where it is NULL. Its parameter i + 1 is column reads[i]; *n_reads of them, in the order of the columns. Returns
 * owned (sqlite3_finalize), or NULL with e: what SQLite says, with a suggestion for an unknown name. */
struct sqlite3_stmt *sandbox_compile(struct sandbox *s, const char *text, int *reads, int *n_reads, struct err *e);

enum sandbox_truth { SANDBOX_FALSE, SANDBOX_TRUE, SANDBOX_NULL, SANDBOX_FAILED };

/* Runs it on what is bound, for at most LIMIT_EXPRESSION_STEPS; SANDBOX_FAILED fills e. */
enum sandbox_truth sandbox_evaluate(struct sandbox *s, struct sqlite3_stmt *statement, struct err *e);

#endif
