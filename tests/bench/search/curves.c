#include "tests/bench/search/curves.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { N_COLUMNS = CURVES_PARAMS + 1 + CURVES_EPOCHS, MAX_LINE_BYTES = 4096 };

static const double levels[CURVES_PARAMS][7] = { { 0.0003, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032 },
    { 8, 16, 32, 64 }, { 8, 24, 72 }, { 0, 0.3, 0.6 }, { 1, 2 } };

static struct param params[CURVES_PARAMS] = {
    { .name = "learning_rate", .type = PARAM_CATEGORICAL, .is_ordered = true, .n_choices = 7 },
    { .name = "hidden_size", .type = PARAM_CATEGORICAL, .is_ordered = true, .n_choices = 4 },
    { .name = "batch_size", .type = PARAM_CATEGORICAL, .is_ordered = true, .n_choices = 3 },
    { .name = "dropout", .type = PARAM_CATEGORICAL, .is_ordered = true, .n_choices = 3 },
    { .name = "num_layers", .type = PARAM_INT, .low = 1, .high = 2, .step = 1 },
};
const struct space curves_space = { CURVES_PARAMS, params };

static int read_row(const char *line, double *row)
{
    for (int j = 0; j < N_COLUMNS; j++) {
        char *end;
        row[j] = strtod(line, &end);
        if (end == line || *end != (j + 1 < N_COLUMNS ? ',' : '\n'))
            return -1;
        line = end + 1;
    }
    return 0;
}

int curves_read(struct curves *c, const char *path, struct err *e)
{
    char line[MAX_LINE_BYTES];
    size_t cap = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return err_set_errno(e, "%s", path);
    *c = (struct curves){ 0 };
    int status = fgets(line, sizeof line, f) ? 0 : err_set(e, ERR_INVALID, "%s: empty", path);
    while (status == 0 && fgets(line, sizeof line, f)) {
        c->rows = mem_grow(c->rows, c->n, &cap, sizeof *c->rows);
        if (read_row(line, c->rows[c->n++]) != 0)
            status = err_set(e, ERR_INVALID, "%s:%zu: not %d numbers", path, c->n + 1, N_COLUMNS);
    }
    fclose(f);
    if (status != 0)
        curves_deinit(c);
    return status;
}

void curves_deinit(struct curves *c)
{
    free(c->rows);
    *c = (struct curves){ 0 };
}

static bool is_row(const double *row, const double *x)
{
    for (int j = 0; j < CURVES_PARAMS; j++) {
        double value = params[j].type == PARAM_CATEGORICAL ? levels[j][(int)x[j]] : x[j];
        if (row[j] != value)
            return false;
    }
    return true;
}

const double *curves_row(const struct curves *c, const double *x)
{
    size_t i = 0;
    while (i < c->n && !is_row(c->rows[i], x))
        i++;
    assert(i < c->n);
    return c->rows[i];
}
