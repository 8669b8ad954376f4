/* replay.h: `rung replay`: every decision of a store once more, and compared. */
#ifndef RUNG_COORDINATOR_CLI_REPLAY_H
#define RUNG_COORDINATOR_CLI_REPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"

/* Of one campaign, or (NULL) of all; as text or as rung.replay/1. Returns 0 when all agree, EXIT_STATUS_DIFFERS when
 * one does not, or -1 with e. Reads alone: whoever writes the store goes on. */
int cli_replay(const char *store, const char *campaign, bool is_json, FILE *out, struct err *e);

#endif
