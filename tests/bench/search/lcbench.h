/* lcbench.h: the surrogate of LCBench: what validation accuracy a network reaches after so many epochs, on 34 data
 * sets.
 *
 * YAHPO Gym's network (Pfisterer et al. 2022; LCBench: Zimmer, Lindauer and Hutter 2021): 530,000 floats, evaluated
 * here by plain loops over eight epochs at a time.
 */
#ifndef RUNG_TESTS_BENCH_SEARCH_LCBENCH_H
#define RUNG_TESTS_BENCH_SEARCH_LCBENCH_H

#include <stdint.h>

#include "common/base/err.h"

enum { LCBENCH_PARAMS = 7, LCBENCH_EPOCHS = 8 };

struct lcbench; /* the weights */

/* Reads DIRECTORY/model.onnx. NULL and *e. */
struct lcbench *lcbench_open(const char *directory, struct err *e);
void lcbench_close(struct lcbench *l);

/* The data set by its number at OpenML to the surrogate's; -1: it has none. */
int lcbench_find(const char *openml_task);

/* Validation accuracy in per cent after each of n <= LCBENCH_EPOCHS epochs (1 to 52), and the seconds of training until
 * then. x: batch_size, learning_rate, momentum, weight_decay, num_layers, max_units, max_dropout, as they are. */
void lcbench_evaluate(const struct lcbench *l, int data_set, const double *x, const int64_t *epochs, int n,
    double *accuracy, double *seconds);

#endif
