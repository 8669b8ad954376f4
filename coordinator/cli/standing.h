/* standing.h: a coordinator that stays when the command that started it ends.
 */
#ifndef RUNG_COORDINATOR_CLI_STANDING_H
#define RUNG_COORDINATOR_CLI_STANDING_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "coordinator/cli/client.h"

#define STANDING_IDLE_S 600 /* it leaves by itself when no campaign has gone on for so long */

/* Finds the coordinator that serves `store` (absolute, made if it is not there), or starts one and waits until it
 * answers; its log is STORE/log/rungd.log. One that is started listens at `listen` too, unless that is NULL.
 * *is_new says which it was. Returns owned (client_close), or NULL with e, which has the last of its log. */
struct client *standing_open(const char *store, const char *listen, bool *is_new, struct err *e);

/* Where workers elsewhere find the coordinator that standing_open started on this store: appends nothing when there is
 * none, or it listens on this machine alone. */
int standing_address(const char *store, struct str *address, struct err *e);

/* Ends it, if standing_open started it and no campaign goes on there. 1: ended; 0: there is none, or it goes on. */
int standing_end_when_idle(const char *store, struct err *e);

#endif
