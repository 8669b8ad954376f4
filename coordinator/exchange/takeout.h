/* takeout.h: a campaign as it is taken elsewhere: its trials with all that other tools want to know of them.
 *
 * Read through the store's reading API, in one snapshot, so that it is consistent while a coordinator writes. Curves
 * are not kept: takeout_points walks them, for all trials, as often as a format needs it.
 */
#ifndef RUNG_COORDINATOR_EXCHANGE_TAKEOUT_H
#define RUNG_COORDINATOR_EXCHANGE_TAKEOUT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "coordinator/store/ask.h"
#include "coordinator/store/store.h"

struct takeout_trial {
    struct trial_row row;        /* row.x is owned by the takeout */
    int64_t started_ms;          /* wall: of its first attempt; 0: it never ran */
    int64_t ended_ms;            /* wall: of its last attempt; 0 while it runs, or when it never ran */
    int64_t proposed_ms;         /* wall */
    double seconds;              /* of its counted results, together */
    int failure;                 /* enum failure_kind, or FAILURE_NONE: why it failed or was set aside */
    char *reason;                /* owned: in words; NULL when there is nothing to say */
    enum search_origin origin;   /* of its proposal; SEARCH_NO_ORIGIN when no decision was kept */
    int64_t worker;              /* of its last attempt; 0: none */
    size_t measures, n_measures; /* what was measured at row.reached: in takeout.measures, from this one on */
};

struct takeout_measure {
    int metric; /* index into takeout.metrics */
    double value;
};

struct takeout_worker {
    int64_t id;
    char *name; /* owned */
};

/* Called now and then with how much of it is done; -1 with e ends the work (ERR_INTERRUPTED). */
struct takeout_progress {
    int (*say)(void *context, size_t done, size_t all, struct err *e); /* may be NULL */
    void *context;
};

struct takeout {
    struct store *store;              /* borrowed; a reader's */
    const struct campaign_spec *spec; /* borrowed */
    struct campaign_row row;          /* borrowed */
    struct takeout_trial *trials;     /* owned: by number */
    size_t n, cap;
    double *x;      /* (n, n_params) */
    char **metrics; /* owned: names, in the order in which they were first seen */
    size_t n_metrics, cap_metrics;
    struct takeout_measure *measures;
    size_t n_measures, cap_measures;
    struct takeout_worker *workers;
    size_t n_workers, cap_workers;
    struct takeout_progress progress;
};

/* Loads all of the campaign, and holds one snapshot of the store until takeout_close, which accepts a zeroed one. */
int takeout_open(struct takeout *t, struct store *s, const struct campaign_row *row, const struct campaign_spec *spec,
    const struct takeout_progress *progress, struct err *e);
void takeout_close(struct takeout *t);

/* NULL when there is none of that id. */
struct takeout_trial *takeout_find(const struct takeout *t, int64_t id);
const char *takeout_worker_name(const struct takeout *t, int64_t id);

/* When it began; of stores of Rung 0.1, which forgot, reckoned from how long it took. */
int64_t takeout_granted_ms(const struct attempt_row *row);

/* Every point of every trial: by trial, then metric, then step. */
typedef int takeout_take_point(
    void *context, const struct takeout_trial *trial, const char *metric, int64_t step, double value, struct err *e);
int takeout_points(const struct takeout *t, const char *metric, takeout_take_point *take, void *context, struct err *e);

/* Says how far it is, where somebody listens. */
int takeout_say(const struct takeout *t, size_t done, struct err *e);

/* What stands beside a trial in other tools: `key` is "rung:trial", "metric:validation_accuracy", …; `json` its value.
 * Both are borrowed for the call. */
typedef void takeout_take_attribute(void *context, const char *key, const char *json);
void takeout_attributes(
    const struct takeout *t, const struct takeout_trial *trial, takeout_take_attribute *take, void *context);

/* A trial as Optuna names its states: COMPLETE (reached max_budget), PRUNED (paused or stopped, or queued with a result
 * behind it), FAIL (failed, set aside), RUNNING, WAITING (proposed, and never begun). */
const char *takeout_optuna_state(const struct takeout_trial *trial);

/* The times that Optuna would know: 0 where there is none in that state. */
void takeout_times(const struct takeout_trial *trial, int64_t *started_ms, int64_t *completed_ms);

/* "2026-01-31 12:00:00.250000", UTC. */
void takeout_add_time(struct str *out, int64_t wall_ms);

#endif
