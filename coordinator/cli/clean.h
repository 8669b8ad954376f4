/* clean.h: `rung rm` and `rung gc`: free what nobody needs, through the coordinator that serves the store; where nobody
 * does, through one that is started for it.
 */
#ifndef RUNG_COORDINATOR_CLI_CLEAN_H
#define RUNG_COORDINATOR_CLI_CLEAN_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/cli/remote.h"

/* Removes a campaign that is over, or any when is_forced, which is stopped first, with the checkpoints that only it
 * has. Asks before on a terminal; elsewhere `is_sure` must be set. */
int cli_rm(const struct remote *where, const char *campaign, bool is_forced, bool is_sure, FILE *out, struct err *e);

/* Removes the checkpoints of trials that are over, but for the n_keep best of each campaign, those that no row names,
 * and what is old: unfinished uploads, messages in quarantine, damaged checkpoints. With is_dry_run only says what it
 * would; with is_json as rung.gc/1. */
int cli_gc(const struct remote *where, int n_keep, bool is_dry_run, bool is_json, FILE *out, struct err *e);

#endif
