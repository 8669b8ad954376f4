/* task.h: something to search that answers at once: what a configuration's loss is after so much training, and how long
 * that takes. Pure: no I/O, no clock, no globals.
 *
 * A task's answers are functions of its arguments alone. Noise derives from the run's seed, the trial and the budget.
 */
#ifndef RUNG_COORDINATOR_SIMULATE_TASK_H
#define RUNG_COORDINATOR_SIMULATE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/domain/space.h"

/* A trial on a task. */
struct task_point {
    const double *x;
    size_t row;     /* of a table: which of its rows stands for x */
    uint64_t seed;  /* of the run */
    uint32_t trial; /* number in its run, from 1 */
};

struct task {
    const char *name;
    const struct space *space;
    struct rules rules; /* `when` and `where`; zeroed: none */
    int64_t min_budget, max_budget;
    double best;   /* the least noiseless loss at max_budget; NaN: not known */
    size_t n_rows; /* of a table; 0: a function of x */

    /* What a trial reports at that budget; less is better, INFINITY when it diverges. */
    double (*loss)(const struct task *t, const struct task_point *p, int64_t budget);
    /* The same at max_budget without noise: what the configuration is worth. */
    double (*truth)(const struct task *t, const struct task_point *p);
    /* How long training from one budget to the other takes; NULL: a second a unit. */
    double (*seconds)(const struct task *t, const struct task_point *p, int64_t from, int64_t to);
    /* Of a table: the nearest row to x that is not taken (all are: the nearest). NULL: there is no table. */
    size_t (*nearest)(const struct task *t, const double *x, const bool *is_taken);

    const void *data; /* the task's own */
};

/* The tasks that the program brings along; NULL when there is none of that name or number. */
const struct task *task_find(const char *name);
const struct task *task_at(size_t i);

#endif
