/* status.h: reads rung.status/1 (schemas/status.md).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_LIVE_STATUS_H
#define RUNG_COORDINATOR_LIVE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/proto/json.h"

struct status {
    struct json_doc *doc; /* owned */
    json_value root;
};

/* Fails with ERR_INVALID when the text is no rung.status/1. */
int status_read(struct status *s, const char *text, struct err *e);
void status_deinit(struct status *s); /* accepts a zeroed one */

json_value status_campaign(const struct status *s, const char *name); /* NULL when it is not there */

/* Members of any object of it; what is absent or of another type is 0, NaN, false, "". */
int64_t status_int(json_value object, const char *key);
double status_number(json_value object, const char *key);
bool status_bool(json_value object, const char *key);
const char *status_text(json_value object, const char *key);
bool status_has(json_value object, const char *key); /* there, and not null */

/* done, stopped or failed: nothing more will happen. */
bool status_is_over(json_value campaign);

/* What a command ends with that waited for a campaign which is over: 0, EXIT_STATUS_NO_SUCCESS when no trial gave a
 * result, EXIT_STATUS_CANCELLED when somebody stopped it. */
int status_exit(json_value campaign);

#endif
