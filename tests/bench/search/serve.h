/* serve.h: a task for programs in other languages, over standard input and output, a line a question.
 *
 * First it prints what the task is, as JSON: name, family, min_budget, max_budget, best, median, full_seconds, and the
 * space: name, type (int, float, categorical), low, high, log, step, choices (how many), ordered. Then it answers each
 * line "SEED TRIAL BUDGET X1 … XD" (a choice by its index) with "LOSS TRUTH SECONDS": the loss at that budget, what the
 * configuration is worth, and the seconds of a unit of its training.
 */
#ifndef RUNG_TESTS_BENCH_SEARCH_SERVE_H
#define RUNG_TESTS_BENCH_SEARCH_SERVE_H

#include "tests/bench/search/tasks.h"

int serve(const struct measured_task *t); /* 0 at the end of the input, 1 at a line that is none of these */

#endif
