/* chart.h: learning curves drawn in a terminal.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_TEXT_CHART_H
#define RUNG_COORDINATOR_TEXT_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "coordinator/text/view.h"

/* Zeroed but for `number` is empty. */
struct chart_line {
    uint32_t number; /* of the trial */
    int64_t *steps;  /* owned; ascending */
    double *values;  /* owned; finite */
    size_t n, cap_steps, cap_values;
};

void chart_add_point(struct chart_line *l, int64_t step, double value);
void chart_line_deinit(struct chart_line *l);

/* Adds `rows` lines of a plot, its axes and a legend; at most 80 columns. Every line has a mark of its own, which comes
 * again after the eighth; between its points, where they lie apart, are dots. Nothing for lines without points. */
void chart_draw(struct str *out, const struct chart_line *lines, int n, int rows, const struct view_look *look);

#endif
