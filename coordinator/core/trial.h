/* trial.h: one configuration on its way up a ladder, and the states it may move between.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CORE_TRIAL_H
#define RUNG_COORDINATOR_CORE_TRIAL_H

#include "common/base/err.h"
#include "coordinator/core/rows.h"

struct campaign;

#define LIVE_POINTS 16

/* The last values that a running trial reported, at ascending steps. For people to look at: lost by a restart. */
struct live_curve {
    int n;
    int64_t steps[LIVE_POINTS];
    double values[LIVE_POINTS];
};

struct trial {
    struct trial_row row; /* what is durable; row.x is owned by the trial */
    struct campaign *campaign;
    uint64_t config_id; /* of its campaign's seed and its configuration, never 0: an outcome says for which it is */
    bool is_changed;    /* stands in the effects of this step */

    /* Volatile, of the present lease. */
    uint64_t session;        /* the holder's; 0 after a restart, until it says HELLO */
    int64_t deadline_ms;     /* monotonic: when the lease ends */
    int64_t granted_ms;      /* monotonic */
    int64_t retry_at_ms;     /* queued: not before this */
    int64_t waits_until_ms;  /* queued: until then slow workers leave it to others; 0: it was left to nobody */
    int n_unlisted;          /* beats of the holder that did not list it */
    int64_t step;            /* the last one heard of, 0 before the first */
    double live_value;       /* NaN before the first */
    struct live_curve *live; /* owned; NULL before the first */
    size_t running_index;    /* in the hub's list */
    int n_slots;             /* that it takes of its worker */
    uint64_t counted_lease;
    uint64_t kept_lease; /* of the last outcome that was kept without counting, so that it is not kept again; 0: none */
    int kept_rung, kept_failure;
};

struct trial *trial_new(struct campaign *c, const struct trial_row *row); /* copies row and its x; returns owned */
void trial_free(struct trial *t);

/* Moves t to `next`. Fails with ERR_STATE, leaving t as it was, when the table in trial.c does not list the move. */
int trial_move(struct trial *t, enum trial_state next, struct err *e);

/* It may be lost as often as a new one again, and at once. */
void trial_forget_breaks(struct trial *t);

/* True while the trial still has something to do, or may be promoted: queued, running, paused. */
bool trial_is_open(const struct trial *t);

/* The rung whose result comes next: row.rung while queued or running, else one past the last. */
int trial_next_rung(const struct trial *t);

#endif
