/* invariants.h: what must hold, after every step and in the end. Each is said here a second time, in other words than
 * the core's, from the rows and from what was promised. One that does not hold ends the run (world_fail).
 */
#ifndef RUNG_TESTS_SIM_INVARIANTS_H
#define RUNG_TESTS_SIM_INVARIANTS_H

#include "tests/sim/world.h"

/* ---- one step: expect.c ---- */

/* What an event must do, decided before the core sees it. */
struct expectation {
    enum { EXPECT_ANYTHING, EXPECT_COUNTED, EXPECT_NOT_COUNTED } result;
    bool changes_nothing; /* a failure that must not act */
    bool is_known;        /* a HELLO of the process that its worker's row has */
};
void expectation_form(const struct world *w, const struct hub_event *e, struct expectation *x);
void expectation_check(struct world *w, const struct hub_event *e, const struct expectation *x);

/* ---- memory against rows: rows_match.c ---- */

void invariants_rows(struct world *w);                             /* after each step */
void invariants_rebuilt(struct world *w, const struct hub *other); /* the same core, made from the rows */

/* ---- promises and bounds: invariants.c ---- */

void invariants_sent(struct world *w, const struct parcel *p);             /* a message leaves the coordinator */
void invariants_forgotten(struct world *w, int a, struct outcome_key key); /* a worker lets go of an outcome */
void invariants_agent(struct world *w, int a);                             /* a worker has done all effects */
void invariants_turn(struct world *w);                                     /* the coordinator has spoken */
void invariants_now(struct world *w);                                      /* a quarter of a second went by */
void invariants_end(struct world *w);                                      /* all is over */

/* The coordinator starts anew: every lease lasts from now. */
void ledger_hear_all(struct world *w);
/* This outcome is lost by right: its record became unreadable, or its trial was of a store that is gone. */
void ledger_release(struct world *w, struct outcome_key key);
/* An older copy of the store is back: what was promised since may be lost. */
void ledger_go_back(struct world *w, struct ledger_mark mark);

#endif
