/* key_home.h: where a store keeps keys.
 *
 *     STORE/keys/server.key      the coordinator's own: 0600. Whoever has it can pretend to be the coordinator
 *     STORE/keys/server.key.pub  the half that others know it by
 *     STORE/keys/allowed/        the allow-list (allow_list.h)
 *     STORE/keys/addresses       where rungd listens now, a line each; not there while none runs
 */
#ifndef RUNG_COMMON_IO_KEY_HOME_H
#define RUNG_COMMON_IO_KEY_HOME_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/key.h"

/* Append the path. */
void key_home_allowed(const char *store, struct str *out);
void key_home_addresses(const char *store, struct str *out);

/* Reads the server's key, and makes it when it is not there, in a directory that must be. */
int key_home_server(const char *store, struct key *out, struct err *e);

#endif
