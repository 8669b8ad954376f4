/* sync.h: HyperBand as BOHB published it: a rung is complete before the best of it go on.
 * Pure: no I/O, no clock, no globals.
 *
 * Brackets follow one another, from the most exploring to the one that trains everything to the end, and again. Inside
 * a bracket a rung waits for its last trial; a slot that finds nothing to do in the brackets that are open opens the
 * next one, so that nobody idles while new trials are allowed. The place of a failed trial counts as used; where so
 * many failed that the next rung cannot be filled from below, new trials start on it directly (Falkner et al. 2018 and
 * their code, HpBandSter).
 *
 * Differences, each argued: budgets are whole; sizes are computed in whole numbers; and when no new trial is allowed, a
 * rung that can no longer be filled is closed, and of n results the best max(1, floor(n / eta)) go on.
 */
#ifndef RUNG_COORDINATOR_SEARCH_SYNC_H
#define RUNG_COORDINATOR_SEARCH_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/spec.h"
#include "coordinator/search/history.h"
#include "coordinator/search/search.h"

struct sync_bracket {
    int n_rungs;
    int rung;         /* the one it works on; n_rungs when it is done */
    int64_t n_slots;  /* of that rung */
    int64_t n_filled; /* slots with a trial that waits for promotion into it, runs or ended */
    int64_t n_running;
    struct ranking results; /* of that rung */
    struct ranking below;   /* of the rung below: its first n_up go to this one */
    int64_t n_up, n_taken;  /* of them, n_taken went */
};

struct sync {
    const struct search_spec *spec; /* borrowed */
    struct sync_bracket *brackets;  /* by number */
    size_t n_brackets, cap_brackets;
    size_t first_open; /* those before it are done */
};

void sync_init(struct sync *s, const struct search_spec *spec);
void sync_deinit(struct sync *s);

/* What the open brackets have to do: SEARCH_PROMOTE with its figures, or SEARCH_START with bracket and rung alone, or
 * SEARCH_WAIT when there is nothing. */
void sync_next(struct sync *s, bool may_start, struct search_decision *out);

/* The first trials among which those are chosen that go to this rung of a bracket, the best first. */
void sync_first(struct sync *s, int bracket, int rung, const struct history *h, struct search_list *out);

/* Call before the history moves the trial. sync_started returns the rung that the trial goes to. */
int sync_started(struct sync *s, int bracket);
void sync_promoted(struct sync *s, uint32_t trial, int bracket, int rung);
void sync_result(struct sync *s, uint32_t trial, int bracket, double loss);
void sync_abandoned(struct sync *s, uint32_t trial, const struct trial_note *t);

/* May a trial that failed or was abandoned under way run again? Only while its rung is the one that its bracket works
 * on, and its place is free: a rung that is closed has chosen already. */
bool sync_may_retry(struct sync *s, const struct trial_note *t);
void sync_retried(struct sync *s, uint32_t trial, const struct trial_note *t);

/* How many trials a rung of a bracket has room for. */
int64_t sync_n_slots(const struct search_spec *spec, int bracket, int rung);

#endif
