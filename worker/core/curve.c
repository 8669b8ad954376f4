#include "worker/core/curve.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

/* The texts are const in the protocol's struct, and ours to free. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void drop_point(struct curve *c, size_t i)
{
    c->bytes -= strlen(c->points[i].metrics);
    free_text(c->points[i].metrics);
}

static bool is_on_stride(const struct curve *c, size_t number)
{
    return number % ((size_t)1 << c->stride_log) == 0;
}

/* The number (from 1) of the kept point i, counting all that were ever added. */
static size_t number_of(const struct curve *c, size_t i)
{
    return i + 1 == c->n ? c->n_seen : (i + 1) << c->stride_log;
}

static void thin(struct curve *c)
{
    size_t kept = 0, n = c->n;
    for (size_t i = 0; i < n; i++) {
        bool stays = i + 1 == n || number_of(c, i) % ((size_t)2 << c->stride_log) == 0;
        if (stays)
            c->points[kept++] = c->points[i];
        else
            drop_point(c, i);
    }
    c->n = kept;
    c->stride_log++;
}

void curve_add(struct curve *c, int64_t step, const char *metrics)
{
    assert(c->n == 0 || step > c->points[c->n - 1].step);
    if (c->n > 0 && !is_on_stride(c, c->n_seen))
        drop_point(c, --c->n); /* it was kept as the last one alone */
    c->points = mem_grow(c->points, c->n, &c->cap, sizeof *c->points);
    c->points[c->n++] = (struct record_curve_point){ .step = step, .metrics = mem_strdup(metrics) };
    c->bytes += strlen(metrics);
    c->n_seen++;
    while (c->n > 1 && (c->n > LIMIT_CURVE || c->bytes > CURVE_BYTES))
        thin(c);
}

void curve_replace_last(struct curve *c, const char *metrics)
{
    assert(c->n > 0);
    drop_point(c, c->n - 1);
    c->points[c->n - 1].metrics = mem_strdup(metrics);
    c->bytes += strlen(metrics);
}

void curve_move_last(struct curve *c, int64_t step)
{
    assert(c->n > 0);
    assert(step >= c->points[c->n - 1].step);
    c->points[c->n - 1].step = step;
}

void curve_cut(struct curve *c, int64_t step)
{
    while (c->n > 0 && c->points[c->n - 1].step > step)
        drop_point(c, --c->n);
}

void curve_deinit(struct curve *c)
{
    curve_cut(c, -1);
    free(c->points);
    *c = (struct curve){ 0 };
}
