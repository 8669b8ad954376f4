/* join.h: with which key, and to whom, an agent goes: what its command line says, or an invitation, now or before.
 */
#ifndef RUNG_WORKER_JOIN_H
#define RUNG_WORKER_JOIN_H

#include "common/base/err.h"
#include "common/io/address.h"
#include "common/io/credential.h"

struct join_options {
    const char *connect;             /* an address, or NULL */
    char *invitation;                /* or one; "-": a line of standard input. Overwritten: command lines are public */
    struct credential_choice choice; /* for connect */
    const char *directory;           /* the worker's own: an invitation is kept there, and found again */
};

/* Fails with ERR_USAGE when nothing says where to go, and as credential_find does. */
int join_find(const struct join_options *options, struct address *address, struct credential *out, struct err *e);

#endif
