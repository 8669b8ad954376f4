/* status.h: how it is going, as the JSON object rung.status/1 (schemas/status.md).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_BRIDGE_STATUS_H
#define RUNG_COORDINATOR_BRIDGE_STATUS_H

#include "common/base/str.h"
#include "coordinator/core/hub.h"

/* Appends the object. `name`: one campaign, or NULL: all that are not over. `trouble`: what is wrong, for people, or
 * NULL. */
void status_put(const struct hub *h, const char *name, const char *trouble, int64_t now_ms, struct str *out);

/* Appends parts of it alone: one of `campaigns`, an object; `workers`, an array. */
void status_put_campaign(const struct hub *h, const struct campaign *c, struct str *out);
void status_put_workers(const struct hub *h, int64_t now_ms, struct str *out); /* now_ms -1: without `silent` */

/* An estimate of the milliseconds that are left, from what was spent so far; -1 while there is nothing to judge by. */
int64_t status_eta_ms(const struct campaign *c);

#endif
