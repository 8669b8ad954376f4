#include "coordinator/search/history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/search/imported.h"
#include "coordinator/search/parzen.h"

/* Above so many values a grid is treated as continuous: a cell is then narrower than half the narrowest kernel. */
static const double max_cells = 64;

void history_init(struct history *h, const struct space *space, int n_levels)
{
    *h = (struct history){ .space = space, .n_params = space->n_params, .n_levels = n_levels };
    h->axes = mem_zalloc((size_t)h->n_params, sizeof *h->axes);
    h->orders = mem_zalloc((size_t)h->n_params, sizeof *h->orders);
    for (int j = 0; j < h->n_params; j++)
        axis_init(&h->axes[j], &space->params[j], max_cells);
    h->n_slots = 64;
    h->slots = mem_zalloc(h->n_slots, sizeof *h->slots);
}

void history_deinit(struct history *h)
{
    for (int k = 0; k < LIMIT_RUNGS; k++)
        ranking_deinit(&h->levels[k]);
    for (int j = 0; h->orders && j < h->n_params; j++)
        ranking_deinit(&h->orders[j]);
    free(h->orders);
    free(h->axes);
    free(h->trials);
    free(h->x);
    free(h->points);
    free(h->slots);
    free(h->running);
    imported_deinit(&h->imported);
    *h = (struct history){ 0 };
}

struct trial_note *history_trial(const struct history *h, uint32_t number)
{
    assert(number >= 1 && number <= h->n_trials);
    return &h->trials[number - 1];
}

const double *history_config(const struct history *h, uint32_t number)
{
    assert(number >= 1 && number <= h->n_trials);
    return h->x + (size_t)(number - 1) * (size_t)h->n_params;
}

const double *history_point(const struct history *h, uint32_t number)
{
    if (number & HISTORY_IMPORTED) {
        assert((number & ~HISTORY_IMPORTED) < h->imported.n);
        return h->imported.points + 2 * (size_t)(number & ~HISTORY_IMPORTED) * (size_t)h->n_params;
    }
    assert(number >= 1 && number <= h->n_trials);
    return h->points + 2 * (size_t)(number - 1) * (size_t)h->n_params;
}

const double *history_extra(const struct history *h, uint32_t number)
{
    return history_point(h, number) + h->n_params;
}

int history_level(const struct history *h, uint32_t number)
{
    /* Each bracket starts a rung above the one before; after the last one the first comes again. */
    const struct trial_note *t = history_trial(h, number);
    int level = t->bracket % h->n_levels + t->rung;
    assert(level < h->n_levels);
    return level;
}

/* Where x is in the table, or the empty slot where it would go. */
static size_t find_slot(const struct history *h, const double *x)
{
    size_t at = config_hash(h->space, x) & (h->n_slots - 1);
    while (h->slots[at] && !config_equal(h->space, history_config(h, h->slots[at]), x))
        at = (at + 1) & (h->n_slots - 1);
    return at;
}

bool history_has(const struct history *h, const double *x)
{
    return h->slots[find_slot(h, x)] != 0;
}

static void add_slot(struct history *h, uint32_t number)
{
    size_t at = find_slot(h, history_config(h, number));
    if (!h->slots[at])
        h->slots[at] = number;
}

static void grow_slots(struct history *h)
{
    free(h->slots);
    h->n_slots *= 2;
    h->slots = mem_zalloc(h->n_slots, sizeof *h->slots);
    for (uint32_t number = 1; number <= h->n_trials; number++)
        add_slot(h, number);
}

static void grow_trials(struct history *h)
{
    if (h->n_trials < h->cap_trials)
        return;
    h->cap_trials = h->cap_trials ? 2 * h->cap_trials : 64;
    size_t row_bytes = (size_t)h->n_params * sizeof(double);
    h->trials = mem_resize(h->trials, h->cap_trials, sizeof *h->trials);
    h->x = mem_resize(h->x, h->cap_trials, row_bytes);
    h->points = mem_resize(h->points, h->cap_trials, 2 * row_bytes);
}

/* Keeps h->running ascending. */
static void set_running(struct history *h, uint32_t number, bool is_running)
{
    size_t at = h->n_running;
    while (at > 0 && h->running[at - 1] >= number)
        at--;
    if (is_running) {
        h->running = mem_grow(h->running, h->n_running, &h->cap_running, sizeof *h->running);
        memmove(h->running + at + 1, h->running + at, (h->n_running - at) * sizeof *h->running);
        h->running[at] = number;
        h->n_running++;
    } else {
        assert(at < h->n_running && h->running[at] == number);
        memmove(h->running + at, h->running + at + 1, (h->n_running - at - 1) * sizeof *h->running);
        h->n_running--;
    }
}

static void place_on_axes(struct history *h, uint32_t number, const double *x, double *point)
{
    for (int j = 0; j < h->n_params; j++) {
        double u = axis_encode(&h->axes[j], x[j]);
        point[j] = u;
        point[h->n_params + j] = parzen_extra(&h->axes[j], u);
        if (h->axes[j].kind != AXIS_CHOICE && !isnan(u))
            ranking_add(&h->orders[j], number, u);
    }
}

void history_start(struct history *h, uint32_t number, const double *x, int bracket, int rung)
{
    assert(number == h->n_trials + 1);
    grow_trials(h);
    size_t row = (size_t)h->n_trials * (size_t)h->n_params;
    h->trials[h->n_trials++] = (struct trial_note){ .bracket = bracket, .rung = rung, .place = PLACE_RUNNING };
    memcpy(h->x + row, x, (size_t)h->n_params * sizeof *x);
    place_on_axes(h, number, x, h->points + 2 * row);
    if ((size_t)h->n_trials * 2 > h->n_slots)
        grow_slots(h);
    else
        add_slot(h, number);
    set_running(h, number, true);
}

void history_place(struct history *h, uint32_t number, int rung, enum trial_place place)
{
    struct trial_note *t = history_trial(h, number);
    if ((t->place == PLACE_RUNNING) != (place == PLACE_RUNNING))
        set_running(h, number, place == PLACE_RUNNING);
    t->rung = rung;
    t->place = place;
}

void history_result(struct history *h, uint32_t number, double loss)
{
    history_trial(h, number)->loss = loss;
    ranking_add(&h->levels[history_level(h, number)], number, loss);
}

void history_forget_failure(struct history *h, uint32_t number)
{
    ranking_remove(&h->levels[history_level(h, number)], number);
}

/* ---- from elsewhere ---- */

bool history_import(struct history *h, const double *x, int level, double loss)
{
    assert(level >= 0 && level < h->n_levels);
    uint32_t row = (uint32_t)h->imported.n;
    if (!imported_add(&h->imported, h->space, x, level, loss))
        return false;
    place_on_axes(h, HISTORY_IMPORTED | row, x, h->imported.points + 2 * (size_t)row * (size_t)h->n_params);
    ranking_add(&h->levels[level], HISTORY_IMPORTED | row, loss);
    return true;
}

size_t history_row(const struct history *h, uint32_t number)
{
    return number & HISTORY_IMPORTED ? (size_t)h->n_trials + 1 + (number & ~HISTORY_IMPORTED) : number;
}

size_t history_n_rows(const struct history *h)
{
    return (size_t)h->n_trials + 1 + h->imported.n;
}
