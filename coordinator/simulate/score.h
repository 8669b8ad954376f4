/* score.h: how good a search was on a task: what the configuration that it would name best is worth, over time.
 * Pure: no I/O, no clock, no globals.
 *
 * Named best is who trained furthest and reports the least loss there, as `rung best` has it. It is worth its loss at
 * max_budget without noise. Regret is normalised: 0 is the best that there is, 1 the median of random configurations.
 */
#ifndef RUNG_COORDINATOR_SIMULATE_SCORE_H
#define RUNG_COORDINATOR_SIMULATE_SCORE_H

#include "coordinator/simulate/drive.h"

/* What the regret on a task is measured with: what its best and its median configuration are worth. */
struct scale {
    double best, median;
};
void scale_find(struct scale *out, const struct task *task);

/* Zeroed, with its task, at first. */
struct score {
    const struct task *task;
    struct score_step {
        double at_s;
        double worth; /* of who is best from then on */
    } * steps;        /* owned */
    size_t n_steps, cap_steps;
    int64_t budget; /* of the best, and its loss there */
    double loss;
};
void score_deinit(struct score *s);

/* Takes note of a result: on_result of a drive whose context is a score. Always true. */
bool score_take(void *context, const struct drive_result *r);

/* The normalised regret at that time; 1 before the first result. */
double score_regret(const struct score *s, const struct scale *scale, double at_s);

#endif
