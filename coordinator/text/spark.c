#include "coordinator/text/spark.h"

#include <math.h>

#define MAX_COLUMNS 120

static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const ascii[] = { "_", ".", "-", "~", "=", "+", "*", "#" };
#define N_LEVELS 8

static const char *level_of(double mean, double low, double high, bool is_utf8)
{
    int level = high > low ? (int)fmin((mean - low) / (high - low) * N_LEVELS, N_LEVELS - 1) : N_LEVELS / 2;
    return (is_utf8 ? blocks : ascii)[level];
}

void spark_draw(struct str *out, const int64_t *steps, const double *values, int n, int columns, bool is_utf8)
{
    double sums[MAX_COLUMNS] = { 0 };
    int counts[MAX_COLUMNS] = { 0 };
    if (n == 0)
        return;
    int64_t span = steps[n - 1] - steps[0] + 1;
    int width = columns < MAX_COLUMNS ? columns : MAX_COLUMNS;
    if (span < width)
        width = (int)span;
    for (int i = 0; i < n; i++) {
        int at = (int)((double)(steps[i] - steps[0]) * width / (double)span);
        sums[at] += values[i];
        counts[at]++;
    }
    double low = INFINITY, high = -INFINITY;
    for (int at = 0; at < width; at++)
        if (counts[at]) {
            low = fmin(low, sums[at] / counts[at]);
            high = fmax(high, sums[at] / counts[at]);
        }
    for (int at = 0; at < width; at++)
        str_add(out, counts[at] ? level_of(sums[at] / counts[at], low, high, is_utf8) : " ");
}
