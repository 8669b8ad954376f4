/* guard.h: who may ask: tokens, Host and Origin.
 * Pure: no I/O, no clock, no globals.
 *
 * A token stands in a header and never in a cookie: a cookie of 127.0.0.1 goes to every port of the machine, also to
 * one where another user listens, and is sent by pages that nobody opened on purpose. Host is checked since a foreign
 * name can be made to point here (DNS rebinding); Origin, since a page of another origin may send what it cannot read.
 */
#ifndef RUNG_COORDINATOR_WEB_GUARD_H
#define RUNG_COORDINATOR_WEB_GUARD_H

#include <stdbool.h>

#include "coordinator/store/secrets.h"

enum guard_role { GUARD_NOBODY, GUARD_VIEWER, GUARD_OPERATOR };
extern const char *const guard_role_names[];

/* `authorization` is the header's value, or NULL. Compares in constant time. */
enum guard_role guard_role_of(const struct secrets *s, const char *authorization);
bool guard_is_key(const struct secrets *s, const char *key);

/* ERR_REFUSED unless `host` is a name of this machine for itself, with any port (a tunnel may have another), and
 * `origin` and `site` (Sec-Fetch-Site), where they are sent, say that the request comes from the server's own page or
 * from no page. NULL: not sent. */
int guard_check_place(const char *host, const char *origin, const char *site, struct err *e);

#endif
