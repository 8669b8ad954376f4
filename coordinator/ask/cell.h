/* cell.h: one value of a table, as text, JSON or CSV.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_ASK_CELL_H
#define RUNG_COORDINATOR_ASK_CELL_H

#include <stdbool.h>

#include "common/base/str.h"
#include "coordinator/store/question.h"

bool cell_is_number(const struct cell *c);

/* For eyes: numbers with at most 5 digits that count, a configuration as "hidden_size=64 dropout=0.2", "-" for what is
 * absent. */
void cell_add_text(const struct cell *c, struct str *out);

/* Exact; null for what is absent. */
void cell_put_json(const struct cell *c, struct str *out);

/* Exact; empty for what is absent. Texts are quoted where they must be (RFC 4180), and what a spreadsheet would take
 * for a formula gets an apostrophe in front. */
void cell_add_csv(const struct cell *c, struct str *out);
void cell_add_csv_text(struct str *out, const char *text);

#endif
