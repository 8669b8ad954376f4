/* report_tables.h: the parts of a report that are tables: importance, brackets, failures. */
#ifndef RUNG_COORDINATOR_EXCHANGE_REPORT_TABLES_H
#define RUNG_COORDINATOR_EXCHANGE_REPORT_TABLES_H

#include "coordinator/exchange/takeout.h"
#include "coordinator/search/importance.h"

/* How much each parameter matters, judged at the highest budget with enough results: shares has n_params entries. The
 * budget, or 0 where there are too few results to tell; *n is how many. */
int report_importance(const struct takeout *t, struct importance *shares, int64_t *budget, size_t *n, struct err *e);

/* Add a member each: "brackets", "failures". */
int report_add_brackets(const struct takeout *t, struct str *json, struct err *e);
void report_add_failures(const struct takeout *t, struct str *json);

#endif
