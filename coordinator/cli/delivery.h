/* delivery.h: what travels with a campaign, brought to a coordinator on another machine before the campaign is.
 */
#ifndef RUNG_COORDINATOR_CLI_DELIVERY_H
#define RUNG_COORDINATOR_CLI_DELIVERY_H

#include "common/base/err.h"
#include "common/io/address.h"
#include "common/io/credential.h"

/* Puts what trial.blobs of the canonical campaign names and the coordinator lacks; a coordinator that is reached by ipc
 * reads it from its place, and gets nothing. Goes on where an interrupted delivery ended. Says on standard error what
 * takes long. ERR_UNREACHABLE when nobody answers; what else fails says which file. */
int delivery_put(const struct address *to, const struct credential *credential, const char *campaign, struct err *e);

#endif
