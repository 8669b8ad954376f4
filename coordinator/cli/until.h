/* until.h: `rung watch --until EXPRESSION`: an SQL expression over the best trial, held against each status.
 * No clock; all state is in the caller.
 *
 * The names are the metrics that the best trial reported at its last result, `value`,
 * `budget`, `trials`, `results`, and the parameters of the best. What is not there yet is NULL, and NULL does not hold.
 */
#ifndef RUNG_COORDINATOR_CLI_UNTIL_H
#define RUNG_COORDINATOR_CLI_UNTIL_H

#include "common/base/err.h"
#include "common/proto/json.h"

/* Does it hold for `campaign`, a part of rung.status/1? 1, 0, or -1 with ERR_USAGE, which names what is known, when it
 * is no expression; a name that no status knows before the first result is waited for (0). */
int until_holds(const char *expression, json_value campaign, struct err *e);

#endif
