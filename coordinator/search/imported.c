#include "coordinator/search/imported.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void imported_deinit(struct imported *m)
{
    free(m->x);
    free(m->points);
    free(m->results);
    free(m->slots);
    *m = (struct imported){ 0 };
}

/* Where this result is in the table, or the empty slot where it would go. */
static size_t find_slot(const struct imported *m, const struct space *space, const double *x, int level, double loss)
{
    size_t n = (size_t)space->n_params, at = (config_hash(space, x) + (uint64_t)level) & (m->n_slots - 1);
    for (; m->slots[at]; at = (at + 1) & (m->n_slots - 1)) {
        size_t row = m->slots[at] - 1;
        if (m->results[row].level == level && m->results[row].loss == loss && config_equal(space, m->x + row * n, x))
            break;
    }
    return at;
}

static void grow_slots(struct imported *m, const struct space *space)
{
    free(m->slots);
    m->n_slots = m->n_slots ? 2 * m->n_slots : 64;
    m->slots = mem_zalloc(m->n_slots, sizeof *m->slots);
    for (size_t i = 0; i < m->n; i++) {
        const struct imported_result *r = &m->results[i];
        m->slots[find_slot(m, space, m->x + i * (size_t)space->n_params, r->level, r->loss)] = (uint32_t)i + 1;
    }
}

bool imported_add(struct imported *m, const struct space *space, const double *x, int level, double loss)
{
    size_t n = (size_t)space->n_params;
    if (2 * (m->n + 1) > m->n_slots)
        grow_slots(m, space);
    size_t at = find_slot(m, space, x, level, loss);
    if (m->slots[at])
        return false;
    if (m->n == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 64;
        m->x = mem_resize(m->x, m->cap, n * sizeof *m->x);
        m->points = mem_resize(m->points, m->cap, 2 * n * sizeof *m->points);
        m->results = mem_resize(m->results, m->cap, sizeof *m->results);
    }
    memcpy(m->x + m->n * n, x, n * sizeof *x);
    m->results[m->n] = (struct imported_result){ level, loss };
    m->slots[at] = (uint32_t)++m->n;
    return true;
}
