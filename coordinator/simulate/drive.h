/* drive.h: a campaign on a task: the hub and the search as they are in a coordinator, workers that only wait, and a
 * clock that jumps from one result to the next.
 * Pure: no I/O, no clock, no globals.
 *
 * Workers have a slot each. Each takes what the hub grants it, is busy as long as the task says, and delivers what the
 * task says; nothing is lost on the way (tests/sim is about that). A trial goes on from where it was. The same settings
 * give the same campaign.
 */
#ifndef RUNG_COORDINATOR_SIMULATE_DRIVE_H
#define RUNG_COORDINATOR_SIMULATE_DRIVE_H

#include "common/domain/spec.h"
#include "coordinator/core/rows.h"
#include "coordinator/search/search.h"
#include "coordinator/simulate/task.h"

struct drive_result {
    double at_s;                    /* when it was delivered */
    int64_t spent;                  /* training behind all results so far, in the task's unit */
    uint32_t trial;                 /* number */
    int64_t budget;                 /* that it reached */
    double loss;                    /* INFINITY: it diverged */
    const struct task_point *point; /* task->truth wants it */
};

struct drive_settings {
    const struct task *task;
    struct search_spec search; /* drive_search fills in what the task says */
    uint64_t seed;
    int n_workers;     /* at least 1 */
    double slowness;   /* of the first worker: times as slow as the others; 0 or 1: as fast */
    double tail;       /* the seconds of each unit of budget are times a Pareto variable of mean 1 and this shape, > 1;
                          0: they are as the task says */
    double end_s;      /* no work is given at or behind it, and what runs is not waited for; 0: the campaign's end */
    int64_t end_spent; /* the same, once so much training is behind all results; 0: no matter */

    bool (*on_result)(void *context, const struct drive_result *r);      /* NULL is fine; false: enough */
    void (*on_event)(void *context, const struct event_row *row);        /* the journal's; NULL is fine */
    void (*on_decision)(void *context, const struct search_decision *d); /* NULL is fine */
    void *context;
};

struct drive_outcome {
    double seconds;          /* of the campaign on its clock */
    double busy_s;           /* of all slots together */
    double idle_s;           /* the same: while the campaign ran, and the slot had nothing to do */
    double idle_early_share; /* of the slots' time until the last 5 % of the campaign */
    int64_t n_trials, n_results, n_failed;
    int64_t n_finished; /* results at max_budget */
    int64_t spent;      /* training behind all results */
    bool is_complete;   /* the campaign came to its own end */
};

/* The search of a campaign on that task: the defaults of a file that says nothing, without a limit on trials. */
struct search_spec drive_search(const struct task *task);

void drive_run(const struct drive_settings *settings, struct drive_outcome *out);

#endif
