/* real_store.h: in a few runs the real database keeps the same rows beside those in memory, through the same crashes,
 * and the core that coordinator/rebuild/rebuild.c makes from it must be the same.
 */
#ifndef RUNG_TESTS_SIM_REAL_STORE_H
#define RUNG_TESTS_SIM_REAL_STORE_H

#include "tests/sim/world.h"

/* All do nothing in a run without. A refusal of the database ends the run. */
void real_start(struct world *w); /* opens it, as a new process does */
void real_begin(struct world *w);
void real_save(struct world *w, const struct effects *fx);
void real_commit(struct world *w);
void real_rollback(struct world *w);
void real_stop(struct world *w); /* the process is gone, with what it had not committed */
void real_compare(struct world *w);
void real_deinit(struct world *w); /* removes its files */

#endif
