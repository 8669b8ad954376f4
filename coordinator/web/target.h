/* target.h: what a request asks for: "/api/v1/campaigns/digits/trials?where=value%3C1&limit=10", taken apart.
 * Pure: no I/O, no clock, no globals.
 *
 * Strict: percent-escapes must be whole, what they decode to must be UTF-8 without control characters, no segment may
 * be empty, "." or "..", no parameter may come twice. ('+' in a query is a blank, as forms and URLSearchParams write
 * it.) A fragment never comes.
 */
#ifndef RUNG_COORDINATOR_WEB_TARGET_H
#define RUNG_COORDINATOR_WEB_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define TARGET_BYTES 8192
#define TARGET_SEGMENTS 12
#define TARGET_PARAMS 12

struct target {
    char bytes[TARGET_BYTES]; /* decoded: the others point into it */
    const char *segments[TARGET_SEGMENTS];
    int n_segments;
    struct target_param {
        const char *name, *value;
    } params[TARGET_PARAMS];
    int n_params;
};

/* ERR_INVALID says what is wrong with it, ERR_LIMIT that it is too long. */
int target_parse(const char *text, struct target *out, struct err *e);

const char *target_param(const struct target *t, const char *name); /* NULL: not there */

/* Into *out, which is left alone when the parameter is not there. ERR_INVALID unless it is a whole number of these. */
int target_int(const struct target *t, const char *name, int64_t low, int64_t high, int64_t *out, struct err *e);

/* Whether the segments are those of the pattern: '*' is any, '#' a whole number above 0 in decimal digits. */
int target_matches(const struct target *t, const char *pattern);

/* ERR_INVALID for a parameter that is not in "a,b,c"; it names those that are. */
int target_check_params(const struct target *t, const char *allowed, struct err *e);

#endif
