/* launch_key.h: the key that launched workers show to a coordinator that other machines reach.
 */
#ifndef RUNG_COORDINATOR_CLI_LAUNCH_KEY_H
#define RUNG_COORDINATOR_CLI_LAUNCH_KEY_H

#include "common/base/err.h"
#include "common/io/address.h"
#include "coordinator/cli/launch.h"
#include "coordinator/cli/launch_plan.h"

/* Fills in p->key when `address` asks for one: the file that was said, or one of this campaign's workers alone, in the
 * plan's directory, which is made and let in by the coordinator of `store` at the first time. ERR_USAGE when the
 * coordinator is elsewhere and no file was said. */
int launch_key_make(struct launch_plan *p, const char *store, const struct address *address,
    const struct launch_options *options, struct err *e);

/* Shuts out the key that launch_key_make made, if it made one. */
int launch_key_forget(const struct launch_plan *p, const char *store, struct err *e);

#endif
