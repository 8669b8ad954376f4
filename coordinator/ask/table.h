/* table.h: an answer that is a table, as aligned text, JSON or CSV, row by row. Only the commands of asking.h include
 * it.
 */
#ifndef RUNG_COORDINATOR_ASK_TABLE_H
#define RUNG_COORDINATOR_ASK_TABLE_H

#include "coordinator/ask/archive.h"
#include "coordinator/store/question.h"

/* The columns unless --columns names others: a list of names, in which PARAMS stands for all parameters; NULL is all
 * that there are. */
#define TABLE_PARAMS "PARAMS"

struct table_form {
    const char *schema; /* "rung.trials/1" */
    const char *rows;   /* the member that holds the rows: "trials" */
    enum question_source from;
    const char *text_columns, *json_columns, *csv_columns;
    const char *placed; /* a column before all others that counts rows from 1: "place"; NULL: none */
    bool is_ranked;     /* of trials: the best first, unless sorted */
};

/* Prints what q asks for; `trials` as in struct question. `title` is a line above the text, or NULL. Returns the
 * number of rows, or -1 with e. */
int64_t table_print(struct archive *a, const struct asking *q, const struct table_form *form, const char *trials,
    const char *title, FILE *out, struct err *e);

#endif
