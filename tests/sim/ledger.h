/* ledger.h: what was promised to somebody, kept outside of everything that can be killed: the acknowledged outcomes,
 * those that a worker was told are safe on its disk, and the leases that were given.
 */
#ifndef RUNG_TESTS_SIM_LEDGER_H
#define RUNG_TESTS_SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct promise {
    int64_t trial;
    int rung;
    uint64_t lease;
    uint64_t who; /* of a grant: the worker; else the one that ran it */
};

struct promises {
    struct promise *list;
    size_t n, cap;
};

struct ledger {
    struct promises acknowledged; /* the worker may forget it: it must be in the rows */
    struct promises spooled;      /* it must come to the rows in the end */
    struct promises disowned;     /* answered "unknown" when no row had it: its trial was of a store that is gone */
    uint64_t *granted;            /* by trial id: the highest lease number that left */
    size_t n_granted;
    int64_t *heard_ms; /* by trial id: when its holder was last heard listing its present lease, on the world's clock */
};

/* How much had been promised at a moment: what a restored copy of the store has to keep. */
struct ledger_mark {
    size_t n_acknowledged, n_spooled;
};

void ledger_deinit(struct ledger *l);
void promises_add(struct promises *p, struct promise promise);
void ledger_make_room(struct ledger *l, int64_t trial);

#endif
