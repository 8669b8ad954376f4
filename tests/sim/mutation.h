/* mutation.h: which mistake is planted in this run; see common/base/mutation.h.
 */
#ifndef RUNG_TESTS_SIM_MUTATION_H
#define RUNG_TESTS_SIM_MUTATION_H

#include "common/base/mutation.h"

struct mutation_name {
    const char *name, *meaning;
};
extern const struct mutation_name mutation_list[MUTATION_N]; /* by enum mutation; the first is none */

/* Dials that bring this one out where a seed rarely would, as --dials takes them; "" for most. */
const char *mutation_dials(enum mutation m);

enum mutation mutation_find(const char *name); /* MUTATION_NONE when there is none of that name */

#endif
