/* pack.h: what has to travel with a campaign: found on this machine, and named by the hashes of its bytes.
 */
#ifndef RUNG_COORDINATOR_CLI_PACK_H
#define RUNG_COORDINATOR_CLI_PACK_H

#include "common/base/err.h"
#include "common/domain/spec.h"

/* Fills in spec->trial.blobs: the files of trial.data, trial.files, and words of the command that name a file beside
 * the campaign file. Reads each once (common/io/known_hash.h); a large one is announced on standard error. What
 * trial.data names and is not here is left to the workers to find; what trial.files names must be here. */
int pack_campaign(struct campaign_spec *spec, struct err *e);

#endif
