/* lend.h: the data and files of campaigns: served from where they lie, as long as they do, and kept where they were
 * put.
 */
#ifndef RUNG_COORDINATOR_LEND_H
#define RUNG_COORDINATOR_LEND_H

#include "common/io/blobs.h"
#include "coordinator/core/hub.h"

/* Lends to `blobs` what this campaign names, so that workers who lack it may get it from here. */
void lend_campaign(struct blobs *blobs, const struct campaign_spec *spec);
void lend_all(struct blobs *blobs, const struct hub *hub);

/* The hashes of all that campaigns name. Stops when `each` fails, and returns what it returned. */
int lend_each(
    const struct hub *hub, int (*each)(void *context, const char *hash, struct err *e), void *context, struct err *e);

#endif
