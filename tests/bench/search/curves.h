/* curves.h: learning curves of real trainings on a whole grid of configurations, as `record` wrote them. */
#ifndef RUNG_TESTS_BENCH_SEARCH_CURVES_H
#define RUNG_TESTS_BENCH_SEARCH_CURVES_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/domain/space.h"

enum { CURVES_PARAMS = 5, CURVES_EPOCHS = 27 };

struct curves {
    size_t n;
    double (*rows)[CURVES_PARAMS + 1 + CURVES_EPOCHS]; /* owned: values of parameters, seconds an epoch, losses */
};

int curves_read(struct curves *c, const char *path, struct err *e);
void curves_deinit(struct curves *c);

extern const struct space curves_space; /* ordered choices: each configuration is a row */

/* The row of a configuration of curves_space. */
const double *curves_row(const struct curves *c, const double *x);

#endif
