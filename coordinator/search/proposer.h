/* proposer.h: which configuration the next new trial has.
 * Pure: no I/O, no clock, no globals.
 *
 * The user's own come first; then the grid's next, a draw from the prior, or the best of a model's candidates. Never
 * one that was started before. A proposer cannot fail otherwise than by finding nothing: where there is no model, or
 * its candidates are of no use, it draws from the prior and says why.
 */
#ifndef RUNG_COORDINATOR_SEARCH_PROPOSER_H
#define RUNG_COORDINATOR_SEARCH_PROPOSER_H

#include <stdbool.h>

#include "coordinator/search/grid.h"
#include "coordinator/search/history.h"
#include "coordinator/search/model.h"
#include "coordinator/search/search.h"

struct proposer {
    struct search_inputs in;
    int n_enqueued; /* entries of in.enqueue, and then of `added`, that were passed */
    double *added;  /* (n_added, n_params): enqueued while it ran; owned */
    size_t n_added, cap_added;
    struct grid grid; /* all combinations before it were started or are infeasible */
    struct model model;
    double *x;             /* the proposal */
    double *candidates;    /* (3, PROPOSER_CANDIDATES, n_params): configurations, as drawn, on the axes */
    uint32_t barren;       /* the number of a trial for which the prior gave nothing: it never will */
    const char *exhausted; /* why nothing will ever come, or NULL */
};

enum { PROPOSER_CANDIDATES = PARZEN_POINTS };

void proposer_init(struct proposer *s, const struct search_inputs *in);
void proposer_deinit(struct proposer *s);

/* One more of the user's own, behind those that wait already. Copies x. */
void proposer_enqueue(struct proposer *s, const double *x);

/* How many of the user's own are still to come. */
int64_t proposer_n_waiting(const struct proposer *s, const struct history *h);

/* Is it one of those that were not passed yet? */
bool proposer_has_waiting(const struct proposer *s, const double *x);

/* Fills the origin, note, x and figures of *out for trial h->n_trials + 1. False when nothing was found: note says why.
 */
bool proposer_next(struct proposer *s, struct history *h, struct search_decision *out);

#endif
