#include "tests/sim/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/world.h"

static bool breaks(const struct run *r, const char *invariant, uint64_t *n_events)
{
    struct world *w = mem_zalloc(1, sizeof *w);
    bool is_broken = world_run(w, r->seed, &r->dials, r->max_events) < 0 && strcmp(w->broken, invariant) == 0;
    *n_events = w->n_events;
    if (!is_broken)
        world_deinit(w); /* a world that broke in the middle of a step is left as it is */
    free(w);
    return is_broken;
}

/* Tries the dial at this value; keeps it when the same breaks. */
static bool try_dial(struct run *r, int i, int value, const char *invariant, int *tries)
{
    struct run smaller = *r;
    uint64_t n;
    if (*dials_at(&r->dials, i) == value || (*tries)-- <= 0)
        return false;
    *dials_at(&smaller.dials, i) = value;
    if (!breaks(&smaller, invariant, &n))
        return false;
    smaller.max_events = n < smaller.max_events ? n : smaller.max_events;
    *r = smaller;
    return true;
}

static void shorten(struct run *r, const char *invariant, int *tries)
{
    uint64_t n;
    for (struct run smaller = *r; (*tries)-- > 0 && smaller.max_events > 1;) {
        smaller.max_events = smaller.max_events * 3 / 4;
        if (!breaks(&smaller, invariant, &n))
            return;
        *r = smaller;
    }
}

void shrink(struct run *r, const char *invariant, int tries)
{
    for (int i = 0; i < DIALS_N; i++)
        if (dial_list[i].is_fault)
            try_dial(r, i, 0, invariant, &tries);
    shorten(r, invariant, &tries);
    for (int i = 0; i < DIALS_N; i++)
        for (int low = dial_list[i].low, now = *dials_at(&r->dials, i); low < now; low += (now - low + 1) / 2)
            if (try_dial(r, i, low, invariant, &tries))
                break;
    shorten(r, invariant, &tries);
}
