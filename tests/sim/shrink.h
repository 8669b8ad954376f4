/* shrink.h: a run that fails, made small: dials off, then down, then fewer events, as long as the same invariant
 * breaks.
 */
#ifndef RUNG_TESTS_SIM_SHRINK_H
#define RUNG_TESTS_SIM_SHRINK_H

#include "tests/sim/faults/dials.h"

struct run {
    uint64_t seed;
    struct dials dials;
    uint64_t max_events;
};

/* Makes *r smaller in at most `tries` runs; `invariant` is what it breaks. */
void shrink(struct run *r, const char *invariant, int tries);

#endif
