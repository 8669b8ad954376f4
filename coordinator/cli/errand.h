/* errand.h: a coordinator for one request: the one that is there, or, for a store that nobody serves, one that is
 * started for it and ended behind it.
 */
#ifndef RUNG_COORDINATOR_CLI_ERRAND_H
#define RUNG_COORDINATOR_CLI_ERRAND_H

#include <stdbool.h>

#include "coordinator/cli/client.h"
#include "coordinator/cli/fleet.h"
#include "coordinator/cli/remote.h"

struct errand {
    struct client *client;
    struct fleet fleet; /* of one coordinator, when is_own */
    bool is_own;
};

/* Fails with ERR_UNREACHABLE when nobody answers at an address, ERR_NOT_FOUND when there is no such store. */
int errand_open(struct errand *r, const struct remote *where, struct err *e);
void errand_close(struct errand *r); /* accepts a zeroed one; waits until its own coordinator has ended */

/* Does a coordinator hold the store now? */
bool errand_is_served(const char *store);

#endif
