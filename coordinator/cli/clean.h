/* clean.h: `rung rm` and `rung gc`: free what nobody needs. Both want the store for themselves (ERR_BUSY while a
 * coordinator serves it), since what it is about to need stands in no row.
 */
#ifndef RUNG_COORDINATOR_CLI_CLEAN_H
#define RUNG_COORDINATOR_CLI_CLEAN_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"

/* Removes a campaign that is over, or any when is_forced, with the checkpoints that only it has. Asks before on a
 * terminal; elsewhere `is_sure` must be set. */
int cli_rm(const char *store, const char *campaign, bool is_forced, bool is_sure, FILE *out, struct err *e);

/* Removes the checkpoints of trials that are over, but for the n_keep best of each campaign, those that no row names,
 * and uploads that were not finished. With is_dry_run only says what it would. */
int cli_gc(const char *store, int n_keep, bool is_dry_run, FILE *out, struct err *e);

#endif
