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
    double loss; /* its last result's; INFINITY of a failure */
};

/* A number with this bit is not a trial's but that of an observation from elsewhere, from 0. */
#define HISTORY_IMPORTED 0x80000000u

/* What was measured elsewhere, one result a row. Not trials: none of them runs, is promoted, or counts as started. */
struct imported {
    size_t n, cap;
    double *x;      /* (n, n_params) */
    double *points; /* (n, 2, n_params), as history.points */
    struct imported_result {
        int level;
        double loss;
    } * results;
    uint32_t *slots; /* hash table of rows + 1 by configuration and result; 0 is empty */
    size_t n_slots;  /* a power of two, or 0 */
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
    struct imported imported;
    uint32_t *slots; /* hash table of trial numbers by configuration; 0 is empty */
    size_t n_slots;  /* a power of two */
};

void history_init(struct history *h, const struct space *space, int n_levels);
void history_deinit(struct history *h);

/* Trial `number` is the next one. Copies x. */
void history_start(struct history *h, uint32_t number, const double *x, int bracket, int rung);

/* Where trial `number` stands from now on. A result or a failure (loss INFINITY) is kept under its level. */
void history_place(struct history *h, uint32_t number, int rung, enum trial_place place);
void history_result(struct history *h, uint32_t number, double loss);
void history_forget_failure(struct history *h, uint32_t number); /* of the rung where it stands; none is fine */

/* Keeps a result from elsewhere (loss INFINITY: a failure) under `level`. False when the same is there already. The
 * order of imports and of everything else plays no part in what the models see. Copies x. */
bool history_import(struct history *h, const double *x, int level, double loss);

/* Numbers as indices: trials from 1 on, then what was imported; below history_n_rows. */
size_t history_row(const struct history *h, uint32_t number);
size_t history_n_rows(const struct history *h);

struct trial_note *history_trial(const struct history *h, uint32_t number);
const double *history_config(const struct history *h, uint32_t number);
const double *history_point(
    const struct history *h, uint32_t number);               /* the configuration on the axes; imported ones too */
int history_level(const struct history *h, uint32_t number); /* of the trial's rung */
const double *history_extra(const struct history *h, uint32_t number);
bool history_has(const struct history *h, const double *x); /* was this configuration started? */

#endif
