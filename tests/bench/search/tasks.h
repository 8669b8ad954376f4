/* tasks.h: what the search is measured on: functions, a surrogate of trainings, and recorded trainings.
 *
 * Each is a task of coordinator/simulate/task.h, and what is known of it: settings were chosen on some, and the others
 * kept for the report.
 */
#ifndef RUNG_TESTS_BENCH_SEARCH_TASKS_H
#define RUNG_TESTS_BENCH_SEARCH_TASKS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "coordinator/simulate/task.h"

enum use { USE_TUNED, USE_REPORTED };

struct measured_task {
    struct task task;
    char name[32]; /* of the task too */
    const char *family;
    enum use use;
    double median;       /* the truth of a random configuration */
    double full_seconds; /* of its training to max_budget, the median */
};

struct measured_list {
    struct measured_task *tasks; /* owned */
    size_t n;
    struct lcbench *surrogate;
    struct lcbench_set **sets; /* the data of its tasks */
    struct curves *curves;     /* of two divisions into training and validation */
};

/* All tasks. `curves`: the directory of the recorded trainings. `lcbench`: that of the surrogate; NULL: without it. */
int measured_list_open(struct measured_list *l, const char *curves, const char *lcbench, struct err *e);
void measured_list_close(struct measured_list *l);

/* What the configuration is worth, and the seconds of a unit of its training. */
double measured_truth(const struct measured_task *t, const double *x);
double measured_seconds(const struct measured_task *t, const double *x);

/* 0 at the best loss that is known, 100 at the median of random configurations. */
double measured_regret(const struct measured_task *t, double truth);

/* The least truth that a long climb from many random places finds: how `best` was found where no formula gives it. */
double measured_search_best(const struct measured_task *t);

#endif
