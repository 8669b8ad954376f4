/* ask.h: the questions of people to a store, beside loading what is in its tables (store.h). For readers. */
#ifndef RUNG_COORDINATOR_STORE_ASK_H
#define RUNG_COORDINATOR_STORE_ASK_H

#include "coordinator/store/store.h"

/* The trials of a campaign that have a result, the best first (the view `ranking`: who trained furthest, then the
 * better value); at most max_rows, 0: all. `take` as of store_load_trials. */
int store_ask_ranking(
    struct store *s, int64_t campaign, int64_t max_rows, store_take_trial *take, void *context, struct err *e);

/* The trial of that number in its campaign; `take` is not called when there is none. */
int store_ask_trial(
    struct store *s, int64_t campaign, uint32_t number, store_take_trial *take, void *context, struct err *e);

/* Every counted result of a campaign with the configuration it was reached with, in no order: x as of
 * store_load_trials; value is NaN for a counted failure. */
struct store_observation {
    int bracket, rung;
    double value;
    const double *x;
    int n_x;
};
typedef int store_take_observation(void *context, const struct store_observation *o, struct err *e);
int store_ask_observations(
    struct store *s, int64_t campaign, store_take_observation *take, void *context, struct err *e);

/* Why it was proposed and promoted, in order. */
int store_ask_decisions(struct store *s, int64_t trial, store_take_decision *take, void *context, struct err *e);

/* An event with the names of what it is about, for people. What does not apply is NULL, 0, or, of `rung`, -1. */
struct store_happening {
    uint64_t seq;
    int64_t wall_ms;
    const char *kind, *campaign, *worker, *text;
    int64_t campaign_id, trial; /* trial: its number */
    int rung;                   /* of a start the bracket */
    uint64_t lease;
    double value;                     /* NaN: does not apply */
    int64_t budget, place, n_at_rung; /* of a start and a promotion: what was decided */
};

/* The first max_rows events of all campaigns behind number `after`, by seq: costs as much as these, however many there
 * are. Also for a writer, in a transaction or outside. */
typedef int store_take_happening(void *context, const struct store_happening *h, struct err *e);
int store_ask_happenings(
    struct store *s, uint64_t after, int64_t max_rows, store_take_happening *take, void *context, struct err *e);

/* Every question between the two sees the same state of the store, whatever is written meanwhile. Hold it no longer
 * than needed: the write-ahead log grows as long. store_let_go accepts that nothing is held. */
int store_hold(struct store *s, struct err *e);
void store_let_go(struct store *s);

/* All points of a campaign, or those of one metric (NULL: all), by trial, then metric, then step. `trial` is its id. */
typedef int store_take_trial_point(
    void *context, int64_t trial, const char *metric, int64_t step, double value, struct err *e);
int store_ask_points(
    struct store *s, int64_t campaign, const char *metric, store_take_trial_point *take, void *context, struct err *e);

/* Where a trial's counted result stands among all of its bracket at the same rung. */
struct store_standing {
    int64_t place;      /* from 1; 0: it has no result there */
    int64_t n_at_rung;  /* results there */
    int64_t n_promoted; /* of them went on */
    double worst;       /* the worst value of those that did; NaN when none did */
};
int store_ask_standing(struct store *s, int64_t trial, int rung, struct store_standing *out, struct err *e);

#endif
