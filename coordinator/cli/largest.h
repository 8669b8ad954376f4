/* largest.h: the trial of a campaign that needs the most memory, found before anything runs: for the built-in programs,
 * whose memory follows from the configuration and the data (common/domain/builtin_memory.h).
 */
#ifndef RUNG_COORDINATOR_CLI_LARGEST_H
#define RUNG_COORDINATOR_CLI_LARGEST_H

#include <stdint.h>

#include "common/domain/builtin_memory.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/expr/expr.h"

/* Zeroed: nothing is known, since the program is not a built-in one. */
struct largest {
    double bytes; /* resident at its peak; 0: unknown */
    struct builtin_size size;
    const char *program; /* borrowed from the spec */
};

/* Reads the data. Fails when they cannot be read, with the reason a trial would give. What is looked at are the corners
 * of the space that `where` allows. */
int largest_find(struct largest *out, const struct campaign_spec *spec, struct expr *x, struct err *e);

/* Adds a problem when it does not fit into limits.trial_memory, or, where the file sets none, into a machine of so many
 * bytes; 0: unknown. */
void largest_check(
    const struct largest *l, const struct campaign_spec *spec, int64_t machine_bytes, struct problems *problems);

/* Appends "310 MiB" and "hidden_size 256, num_layers 4, num_heads 4, batch_size 1024". */
void largest_put_bytes(double bytes, struct str *out);
void largest_put_size(const struct largest *l, struct str *out);

#endif
