/* functions.h: the functions that an expression may call. Each gives the same bits on every machine. */
#ifndef RUNG_COMMON_EXPR_FUNCTIONS_H
#define RUNG_COMMON_EXPR_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct sqlite3;

/* Adds our own arithmetic to a database: SQLite's takes exp and log from the C library, which picks them by processor,
 * and may be built without. */
void functions_add(struct sqlite3 *db);

bool functions_allow(const char *name);
size_t functions_names(const char *const **names); /* all that are allowed, for suggestions */

#endif
