/* question_columns.h: the columns that a question can name, and the SQL that they stand for. Only coordinator/store
 * includes it.
 */
#ifndef RUNG_COORDINATOR_STORE_QUESTION_COLUMNS_H
#define RUNG_COORDINATOR_STORE_QUESTION_COLUMNS_H

#include <sqlite3.h>

#include "common/base/str.h"
#include "common/expr/sandbox.h"
#include "coordinator/store/question.h"

struct question_columns {
    enum question_source from;
    char *names[SANDBOX_COLUMNS]; /* owned */
    int n;
    int first_param; /* QUESTION_TRIALS: columns from here on are the space's parameters */
};

/* Also adds to `db` the functions that the SQL below calls. */
int question_columns_init(struct question_columns *c, sqlite3 *db, const struct question *q, struct err *e);
void question_columns_deinit(struct question_columns *c);

/* Append: what follows SELECT for one column; FROM with a WHERE that more conditions may follow (?1 is the campaign's
 * id); the order of the view, or of the ranking; what decides between equals. */
void question_columns_shown(const struct question_columns *c, int i, struct str *sql);
void question_columns_from(const struct question_columns *c, const struct question *q, struct str *sql);
void question_columns_order(const struct question_columns *c, const struct question *q, struct str *sql);
void question_columns_tie(const struct question_columns *c, struct str *sql);

/* True when a text in this column is JSON. */
bool question_columns_is_json(const struct question_columns *c, int i);

#endif
