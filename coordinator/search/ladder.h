/* ladder.h: asynchronous promotion on one ladder of rungs, the default scheduler.
 * Pure: no I/O, no clock, no globals.
 *
 * Asynchronous successive halving (Li et al. 2020) promotes whatever is now in the best 1/eta of its rung. When the
 * sampler improves, nearly every new trial is, and nearly all go to the top. The delayed, quota-bound rule (Li et al.
 * 2022, D-ASHA, without its start threshold) promotes only while promoted + 1 <= results / eta.
 */
#ifndef RUNG_COORDINATOR_SEARCH_LADDER_H
#define RUNG_COORDINATOR_SEARCH_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/search/history.h"
#include "coordinator/search/search.h"
#include "coordinator/search/standings.h"

struct ladder_rung {
    struct standings results; /* every result that came here, also of trials that were abandoned later; no failures */
    int64_t n_live;           /* results and failures here whose trial is not abandoned */
    int64_t n_promoted;       /* live trials that went on from here */
};

struct ladder {
    int bracket;
    int n_rungs;
    int eta;
    struct ladder_rung rungs[LIMIT_RUNGS];
};

enum ladder_rule {
    LADDER_QUOTA,   /* in the best floor(n / eta), while fewer than that were promoted */
    LADDER_ENDGAME, /* in the best max(1, floor(n / eta)), however many were promoted */
    LADDER_RESCUE,  /* any: whatever was promoted broke, and no trial came to the top */
    LADDER_ALL      /* any: there is no scheduler, and max_budget was raised */
};

void ladder_init(struct ladder *l, int bracket, int n_rungs, int eta);
void ladder_deinit(struct ladder *l);

/* Call before the history moves the trial. A failure's loss is INFINITY. */
void ladder_result(struct ladder *l, uint32_t trial, int rung, double loss);
void ladder_promoted(struct ladder *l, uint32_t trial, const struct trial_note *t); /* from t->rung to the next */
void ladder_abandoned(struct ladder *l, uint32_t trial, const struct trial_note *t);
void ladder_retried(struct ladder *l, uint32_t trial, const struct trial_note *t); /* failed or abandoned under way */

/* The trial to promote next by this rule, highest rung first; fills the promotion's fields of *out. False: none. */
bool ladder_promote(const struct ladder *l, enum ladder_rule rule, struct search_decision *out);

/* The first n trials that hold a place at a rung, the best first. Returns how many there are, at most n. */
int ladder_first(const struct ladder *l, int rung, uint32_t *trials, int n);

bool ladder_has_finisher(const struct ladder *l); /* has a trial a good result at the top? */

#endif
