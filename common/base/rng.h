/* rng.h: random numbers as a function of (seed, trial, purpose, index), so that no generator's state is ever saved.
 * Pure: no I/O, no clock, no globals.
 *
 * Streams are xoshiro256** (Blackman and Vigna 2018), seeded through splitmix64. The same four numbers give the same
 * stream on every machine.
 */
#ifndef RUNG_COMMON_BASE_RNG_H
#define RUNG_COMMON_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a stream is for. Append only: the numbers are part of what makes a campaign repeat. */
enum rng_purpose {
    RNG_PROPOSE = 1,       /* the search: index 0 a proposal */
    RNG_TRIAL = 2,         /* the seed that a trial's process is given */
    RNG_SPLIT = 3,         /* training and validation, derived from the campaign alone */
    RNG_WEIGHTS = 4,       /* initial weights; index: the tensor's number */
    RNG_SHUFFLE = 5,       /* order of the sequences; index: the epoch */
    RNG_DROPOUT = 6,       /* dropout masks; index: the step */
    RNG_SYNTHETIC = 7,     /* the synthetic data set; index: what is drawn */
    RNG_FEASIBLE = 8,      /* the feasible share of a space */
    RNG_JITTER = 9,        /* a worker's pauses, seeded by its session */
    RNG_SIMULATE = 10,     /* what befalls a simulated trial; index: the budget, or 2^40 on: its time */
    RNG_JITTER_BATCH = 11, /* changes of a training batch's features; index: the step */
    RNG_TEST = 99          /* tests of every kind */
};

struct rng {
    uint64_t s[4];
};

void rng_derive(struct rng *r, uint64_t seed, uint64_t trial, enum rng_purpose purpose, uint64_t index);

uint64_t rng_u64(struct rng *r);
double rng_double(struct rng *r);              /* uniform on [0, 1), 53 bits */
double rng_open(struct rng *r);                /* uniform on (0, 1): never 0, never 1 */
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform on 0 .. n-1 without bias; n > 0 */
double rng_normal(struct rng *r); /* standard normal by inversion: one draw each, the same bits everywhere */
void rng_shuffle(struct rng *r, uint32_t *items, size_t n); /* Fisher and Yates */

#endif
