/* question.h: a question of people to a store: rows of a view, with columns, a condition and an order of their choice.
 * For readers.
 *
 * A condition is an SQL expression over the columns, and nothing else gets through: it is compiled first where there is
 * nothing but the names of the columns (common/expr/sandbox.h), so no subquery, no table and no function that looks
 * around. Columns are named as the views in schemas/store are; of trials, each parameter of the campaign is a column
 * too.
 */
#ifndef RUNG_COORDINATOR_STORE_QUESTION_H
#define RUNG_COORDINATOR_STORE_QUESTION_H

#include "common/base/str.h"
#include "coordinator/store/store.h"

enum question_source {
    QUESTION_TRIALS,
    QUESTION_CURVES,
    QUESTION_BRACKETS,
    QUESTION_CAMPAIGNS,
    QUESTION_WORKERS,
    QUESTION_EVENTS,
    QUESTION_DECISIONS,
    QUESTION_ATTEMPTS,
    QUESTION_RESULTS
};

/* Zeroed but for `from` is: everything, as the view has it. Borrowed until question_close. */
struct question {
    enum question_source from;
    int64_t campaign;                 /* an id; 0: all, which QUESTION_TRIALS is not asked for */
    const struct campaign_spec *spec; /* of that campaign: QUESTION_TRIALS alone */
    const char *columns;              /* "a,b,c"; NULL: all */
    const char *where;                /* an expression; NULL: every row */
    const char *sort;                 /* "COLUMN" or "COLUMN:desc"; what is absent comes last. NULL: the view's order */
    bool is_ranked;                   /* QUESTION_TRIALS without `sort`: those with a value, the best first */
    const char *trials;               /* "3,7": of these numbers alone; NULL: all */
    int64_t max_rows;                 /* the first so many; negative: the last so many, by seq; 0: all */
};

enum cell_kind {
    CELL_NULL,
    CELL_INT,
    CELL_NUMBER,
    CELL_TEXT,
    CELL_JSON /* a value of a configuration, or all of it, as JSON */
};

struct cell {
    enum cell_kind kind;
    int64_t whole;
    double number;
    const char *text; /* of the last two kinds; borrows until the next row */
};

struct asked; /* a question, and where its answer has been read to */

/* ERR_USAGE names a column that is not there, with the nearest one and all that are, or what is wrong with the
 * condition. Returns owned (question_close), or NULL with e. */
struct asked *question_open(struct store *s, const struct question *q, struct err *e);
void question_close(struct asked *a);

/* Appends ",NAME" for the column of each parameter: param_NAME where a column of all trials has its name. */
void question_add_params(const struct space *space, struct str *list);

/* The columns of the answer. */
int question_n_columns(const struct asked *a);
const char *question_column(const struct asked *a, int i);

/* The next row into question_n_columns cells: 1, or 0 behind the last one, or -1 with e: ERR_INTERRUPTED when it took
 * more than options.max_steps. */
int question_next(struct asked *a, struct cell *cells, struct err *e);

#endif
