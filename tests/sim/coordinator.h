/* coordinator.h: rungd in the simulator: the real core and bridge, around them the turn as coordinator/turn.c has it
 * (take messages, one transaction, commit, then speak), with an instant at which it may be killed between any two acts.
 */
#ifndef RUNG_TESTS_SIM_COORDINATOR_H
#define RUNG_TESTS_SIM_COORDINATOR_H

#include "tests/sim/world.h"

void coordinator_start(struct world *w); /* a new process: opens the store, rebuilds the core from its rows */
void coordinator_die(struct world *w, bool is_power_cut);
void coordinator_deinit(struct world *w);

void coordinator_take(struct world *w, struct parcel *p); /* a message arrived */
void coordinator_take_blob(struct world *w, int blob);    /* an upload is complete on its disk */
void coordinator_end_turn(struct world *w);
void coordinator_tick(struct world *w);

void coordinator_back_up(struct world *w);
void coordinator_restore(struct world *w); /* kills it, and puts the older copy in place */

/* The core again from the rows, for the next life or to be compared. Returns owned. */
struct hub *coordinator_rebuild(struct world *w, uint64_t boot);

/* A campaign that was over at start gets its search, before somebody brings it back to life. */
void coordinator_open_search(struct world *w, int64_t campaign);

#endif
