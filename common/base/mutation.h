/* mutation.h: mistakes that tests plant, one at a time, to see that the simulator finds each of them.
 *
 *     if (mutation(NO_EXPIRY))
 *         return;
 *
 * A program is built without them: there mutation() is the constant 0. Only tests/sim compiles the cores once more with
 * RUNG_MUTATIONS, and chooses by `simulator --mutation NAME`.
 */
#ifndef RUNG_COMMON_BASE_MUTATION_H
#define RUNG_COMMON_BASE_MUTATION_H

#ifdef RUNG_MUTATIONS

/* MUTATION(NAME, name on the command line, what is wrong) */
#include "common/base/mutations.def"

#define MUTATION(NAME, name, meaning) MUTATION_##NAME,
enum mutation { MUTATION_NONE, MUTATIONS MUTATION_N };
#undef MUTATION

extern enum mutation mutation_active;
#define mutation(NAME) (mutation_active == MUTATION_##NAME)

#else
#define mutation(NAME) 0
#endif

#endif
