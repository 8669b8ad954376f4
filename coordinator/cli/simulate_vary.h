/* simulate_vary.h: which settings `rung simulate` compares: every combination of what --vary lists.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CLI_SIMULATE_VARY_H
#define RUNG_COORDINATOR_CLI_SIMULATE_VARY_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/domain/spec.h"

#define VARY_MAX 64 /* combinations */

struct variant {
    struct search_spec search;
    int n_workers;
    char label[160]; /* "scheduler=hyperband eta=3"; "as it is" where nothing varies */
};

struct variants {
    struct variant items[VARY_MAX];
    int n;
};

/* `vary` has n times "NAME=A,B,...", over the base. -1 with e (ERR_USAGE): no such name or value, or too many. */
int variants_make(struct variants *out, const struct variant *base, const char *const *vary, int n, struct err *e);

#endif
