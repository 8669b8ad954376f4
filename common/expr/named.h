/* named.h: one expression over values that have names, once.
 * No I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_EXPR_NAMED_H
#define RUNG_COMMON_EXPR_NAMED_H

#include "common/base/err.h"
#include "common/proto/json.h"

/* Does `text` hold? A value is a number (a whole one an INTEGER), a text, a truth (1 or 0), or NULL when it is absent.
 * 1; 0 also when it is NULL; or -1 with e: what is wrong with it, beginning with `no name "` for a name that is not
 * among them. At most SANDBOX_COLUMNS names, of letters, digits and _.- alone. */
int named_holds(const char *text, const char *const *names, const json_value *values, int n, struct err *e);

#endif
