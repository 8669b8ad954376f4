/* role.h: what the owner of a key may say.
 * Pure: no I/O, no clock, no globals.
 *
 * A worker may say what workers say, a viewer may ask, an operator may do all that people and workers do. The server's
 * own key says nothing: it is what others know a coordinator by.
 */
#ifndef RUNG_COMMON_PROTO_ROLE_H
#define RUNG_COMMON_PROTO_ROLE_H

#include <stdbool.h>

#include "common/proto/message.h"

enum role { ROLE_NONE, ROLE_WORKER, ROLE_VIEWER, ROLE_OPERATOR, ROLE_SERVER, ROLE_N_ROLES };

const char *role_name(enum role r);         /* "worker"; "none" */
enum role role_from_name(const char *name); /* ROLE_NONE for what is none */
const char *role_word(enum role r);         /* with its article: "a worker" */
bool role_may_send(enum role r, enum message_type type);
int role_check(enum role r, enum message_type type, struct err *e); /* the same, with ERR_REFUSED and why */

#endif
