/* spark.h: a curve in one line of text.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_TEXT_SPARK_H
#define RUNG_COORDINATOR_TEXT_SPARK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* Adds the curve of n finite values at ascending steps: one character a step, or, where there are more steps than
 * columns, the mean of those that share one. The lowest and the highest of what is drawn are the lowest and the highest
 * character; steps without a value are blank. */
void spark_draw(struct str *out, const int64_t *steps, const double *values, int n, int columns, bool is_utf8);

#endif
