/* credential.h: which key a program shows to a coordinator, and which one it expects there.
 *
 * On a socket of this machine (ipc) there are none: the directory of the socket says who may come in. Over tcp, in this
 * order: what the command line names, what $RUNG_KEY and $RUNG_SERVER_KEY name, and, unless the address is this
 * machine's, ROLE.key and server.pub in $XDG_CONFIG_HOME/rung. The key file itself may name the server's key.
 */
#ifndef RUNG_COMMON_IO_CREDENTIAL_H
#define RUNG_COMMON_IO_CREDENTIAL_H

#include "common/base/err.h"
#include "common/io/key.h"
#include "common/io/zsock.h"

struct credential {
    bool is_used; /* false: in the clear */
    struct key key;
    char from[1024]; /* the file, for messages */
};

/* What the command line says; NULL: nothing. */
struct credential_choice {
    const char *key;        /* a file: --key */
    const char *server_key; /* forty characters, or a file with a public half: --server-key */
};

/* `names` are the roles whose files are looked for, best first, ended by ROLE_NONE. Fails when a file cannot be taken
 * (key.h), and with ERR_REFUSED when another machine's coordinator is wanted and there is no key to show it: the text
 * says how to get one. Reads the environment. */
int credential_find(const struct address *a, const struct credential_choice *choice, const enum role *roles,
    struct credential *out, struct err *e);

void credential_wipe(struct credential *c);

/* For zsock_options.curve: fills `curve` and returns it, or NULL when there are no keys. Borrows from c. */
const struct zsock_curve *credential_curve(const struct credential *c, struct zsock_curve *curve);

/* A sentence for people: "not authorised: ...", with what to do. Returns -1. */
int credential_explain(const struct credential *c, const char *address, enum zsock_refusal why, struct err *e);

/* Appends $XDG_CONFIG_HOME/rung, or ~/.config/rung. ERR_USAGE when neither HOME nor that is set. */
int credential_directory(struct str *out, struct err *e);

#endif
