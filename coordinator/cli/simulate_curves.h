/* simulate_curves.h: a campaign of a store as a task: its trials' learning curves, for searches that never ran on it.
 */
#ifndef RUNG_COORDINATOR_CLI_SIMULATE_CURVES_H
#define RUNG_COORDINATOR_CLI_SIMULATE_CURVES_H

#include "common/base/err.h"
#include "common/domain/spec.h"
#include "coordinator/simulate/task.h"

struct curves; /* what such a task is made of */

/* Reads the campaign of that name (NULL: the latest). A new configuration stands for the nearest trial that has not
 * been stood for yet; a curve that ended early goes on at its last value. Takes as long a unit as that trial took.
 * Returns owned, or NULL with e: ERR_INVALID when fewer than CURVES_LEAST trials have results. */
enum { CURVES_LEAST = 8 };
struct curves *curves_open(const char *store, const char *campaign, struct err *e);
void curves_close(struct curves *c); /* accepts NULL */

const struct task *curves_task(const struct curves *c);
const struct campaign_spec *curves_spec(const struct curves *c);
size_t curves_n_whole(const struct curves *c); /* trials whose curve reaches max_budget */

#endif
