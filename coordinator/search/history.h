/* history.h: what the notes have told a search: the trials, where each stands, and their results by budget.
 * Pure: no I/O, no clock, no globals.
 *
 * Everything that a decision depends on is here or in the schedulers' ladders, and all of it follows from the notes.
 */
#ifndef RUNG_COORDINATOR_SEARCH_HISTORY_H
#define RUNG_COORDINATOR_SEARCH_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/search/axis.h"
#include "coordinator/search/ranking.h"

enum trial_place {
    PLACE_RUNNING,  /* on its way to `rung` */
    PLACE_PAUSED,   /* has its result at `rung` */
    PLACE_FAILED,   /* broke on its way to `rung` */
    PLACE_ABANDONED /* set aside or cancelled: as though it had never been on its ladder */
};

struct trial_note {
    int bracket;
    int rung; /* in its bracket */
    enum trial_place place;
};

struct history {
    const struct space *space; /* borrowed */
    int n_params;
    struct axis *axes; /* n_params */
    uint32_t n_trials; /* started; their numbers are 1 to n_trials */
    size_t cap_trials;
    struct trial_note *trials; /* by number - 1, as the two below */
    double *x;                 /* (n_trials, n_params): configurations */
    double *points;            /* (n_trials, 2, n_params): the same on the axes, and parzen_extra of that */
    struct ranking *orders; /* n_params: the trials by their place on the axis, where they have one; not of choices */
    uint32_t *running;      /* n_running numbers, ascending */
    size_t n_running, cap_running;
    int n_levels;
    struct ranking levels[LIMIT_RUNGS]; /* results by budget (a level is a rung of bracket 0), failures last */
    uint32_t *slots;                    /* hash table of trial numbers by configuration; 0 is empty */
    size_t n_slots;                     /* a power of two */
};

void history_init(struct history *h, const struct space *space, int n_levels);
void history_deinit(struct history *h);

/* Trial `number` is the next one. Copies x. */
void history_start(struct history *h, uint32_t number, const double *x, int bracket, int rung);

/* Where trial `number` stands from now on. A result or a failure (loss INFINITY) is kept under its level. */
void history_place(struct history *h, uint32_t number, int rung, enum trial_place place);
void history_result(struct history *h, uint32_t number, double loss);

struct trial_note *history_trial(const struct history *h, uint32_t number);
const double *history_config(const struct history *h, uint32_t number);
const double *history_point(const struct history *h, uint32_t number); /* the configuration on the axes */
int history_level(const struct history *h, uint32_t number);           /* of the trial's rung */
const double *history_extra(const struct history *h, uint32_t number);
bool history_has(const struct history *h, const double *x); /* was this configuration started? */

#endif
