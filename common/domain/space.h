/* space.h: the search space, and configurations as points in it.
 * Pure: no I/O, no clock, no globals.
 *
 * A configuration is an array of doubles in the order of the space's parameters: an int's or float's value as it is, a
 * categorical's choice by index, NaN for a parameter that is absent because its `when` does not hold. Two
 * configurations are the same when all their values are.
 */
#ifndef RUNG_COMMON_DOMAIN_SPACE_H
#define RUNG_COMMON_DOMAIN_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/rng.h"

enum param_type { PARAM_INT, PARAM_FLOAT, PARAM_CATEGORICAL };

enum choice_type { CHOICE_NUMBER, CHOICE_BOOL, CHOICE_TEXT };

struct choice {
    enum choice_type type;
    double number; /* of a number; 0 or 1 of a bool */
    char *text;    /* owned, of a text */
};

struct param {
    char name[LIMIT_NAME + 1];
    enum param_type type;
    double low, high; /* inclusive; low <= high, finite; an int's are whole and below 2^53 */
    double
        step; /* grid from low: 1 for an int unless said, 0 for a continuous float; never with log unless an int's 1 */
    bool is_log;     /* then low > 0 */
    bool is_ordered; /* categorical whose choices have an order */
    int n_choices;   /* categorical only, >= 1 */
    struct choice *choices;
    char *when; /* owned SQL expression over other parameters, or NULL: always there */
};

struct space {
    int n_params;
    struct param *params; /* owned */
};

void space_deinit(struct space *s);
void space_copy(struct space *out, const struct space *s); /* owned: space_deinit */
int space_find(const struct space *s, const char *name);   /* index, or -1 */

/* How many different values the parameter can take: INFINITY for a continuous float. */
double param_cardinality(const struct param *p);

/* The k-th value, 0 <= k < cardinality, of a parameter whose cardinality is finite. */
double param_value(const struct param *p, uint64_t k);

/* The nearest value that the parameter can take: clipped, on its grid. NaN stays NaN. */
double param_snap(const struct param *p, double value);

/* The unit interval and back, as the models see a number: linear, or linear in the logarithm; an int's or a stepped
 * float's range is widened by half a step on both sides, so that each value owns an equal share (ConfigSpace does the
 * same). Not for categoricals. */
double param_to_unit(const struct param *p, double value);
double param_from_unit(const struct param *p, double unit); /* snapped */

/* One draw from the prior: uniform over the range, its logarithm, or the choices. */
double param_sample(const struct param *p, struct rng *r);

/* Whether the text may name a parameter or a metric: [A-Za-z_][A-Za-z0-9_.-]*, at most LIMIT_NAME bytes. */
bool name_is_valid(const char *name);

/* Same values, bit for bit, NaN equal to NaN; and a hash that agrees with it. */
bool config_equal(const struct space *s, const double *a, const double *b);
uint64_t config_hash(const struct space *s, const double *x);

/* What `when` and `where` decide, handed to a pure search as a predicate: sets to NaN each parameter of x whose `when`
 * does not hold (in the order in which they depend on each other), and says whether every `where` holds. */
struct rules {
    void *context;
    bool (*resolve)(void *context, double *x); /* NULL: nothing is conditional, everything is allowed */
};
bool rules_resolve(const struct rules *rules, double *x);

#endif
