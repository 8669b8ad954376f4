/* keygen.h: `rung keygen`, `allow`, `keys`, `revoke` and `invite`: who may come in to a coordinator over the network.
 *
 * They work on files: STORE/keys (key_home.h), which a coordinator that runs sees at once.
 */
#ifndef RUNG_COORDINATOR_CLI_KEYGEN_H
#define RUNG_COORDINATOR_CLI_KEYGEN_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/io/address.h"

struct keygen_options {
    const char *role;   /* worker, operator, viewer or server */
    const char *name;   /* NULL: the user's and the machine's */
    const char *output; /* the file; NULL: ROLE.key in ~/.config/rung, of a server STORE/keys/server.key */
    const char *store;  /* whose coordinator lets the key in from now on; NULL: none's */
};

/* Makes a key and its public half beside it. ERR_EXISTS: a key is never replaced. */
int cli_keygen(const struct keygen_options *options, FILE *out, struct err *e);

/* Lets in the key whose public half is in the file, as `name`, or with NULL as it calls itself. ERR_EXISTS when the
 * name, or the key, is let in already. */
int cli_allow(const char *store, const char *file, const char *name, FILE *out, struct err *e);

/* Who is let in, and by which key the coordinator is known; as rung.keys/1 when is_json. */
int cli_keys(const char *store, bool is_json, FILE *out, struct err *e);

/* Shuts it out. ERR_NOT_FOUND names the nearest one. */
int cli_revoke(const char *store, const char *name, FILE *out, struct err *e);

/* Makes a worker's key, lets it in, and prints the line that starts the worker elsewhere; nothing of the secret is
 * kept here. `name` NULL: worker-1, worker-2, ...; `address` NULL: where the coordinator that runs says it listens. */
int cli_invite(const char *store, const char *name, const char *address, FILE *out, struct err *e);

/* Where the coordinator of the store that runs now listens for other machines. ERR_NOT_FOUND says what to do. */
int cli_find_address(const char *store, struct address *out, struct err *e);

/* An address for all interfaces becomes one by which others reach this machine; what names a host stays. */
int cli_name_host(struct address *a, struct err *e);

#endif
