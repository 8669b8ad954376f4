/* address.h: where a coordinator listens: "ipc://PATH" on one machine, "tcp://HOST:PORT" between machines.
 */
#ifndef RUNG_COMMON_IO_ADDRESS_H
#define RUNG_COMMON_IO_ADDRESS_H

#include <stdbool.h>

#include "common/base/err.h"

#define ADDRESS_TEXT 320     /* bytes of the longest address as text, with its NUL */
#define ADDRESS_IPC_PATH 107 /* bytes of the longest path of a Unix socket; the bulk socket's ".bulk" counts */

enum address_kind { ADDRESS_IPC, ADDRESS_TCP };

struct address {
    enum address_kind kind;
    char path[ADDRESS_IPC_PATH + 1]; /* ipc: absolute */
    char host[256];          /* tcp: a name, an IPv4 address, "[…]" around an IPv6 one, or * for all (to bind) */
    int port;                /* tcp: 1 … 65534, as bulk takes the next one */
    char text[ADDRESS_TEXT]; /* the whole, as ZeroMQ takes it */
    char bulk[ADDRESS_TEXT]; /* the bulk socket's: ipc://PATH.bulk, tcp://HOST:(PORT + 1) */
};

/* ERR_INVALID says what is wrong and shows a good one; ERR_LIMIT when an ipc path is too long. */
int address_parse(const char *text, struct address *out, struct err *e);

/* True when no other machine can come in: ipc, 127.0.0.0/8, [::1], localhost. */
bool address_is_local(const struct address *a);

/* ipc alone: makes the directory of the socket, private (0700), if it is not there; refuses one (ERR_REFUSED) that
 * belongs to another user or lets others write. tcp: nothing to do. */
int address_prepare(const struct address *a, struct err *e);

/* For who connects: refuses (ERR_REFUSED) an ipc socket whose directory belongs to neither this user nor root, or which
 * others may write to; ERR_NOT_FOUND where there is no such directory. tcp: nothing to do. */
int address_check(const struct address *a, struct err *e);

/* The same for who waits until somebody listens: a directory that is not there yet is fine. */
int address_check_awaited(const struct address *a, struct err *e);

/* The address by which programs on this machine find the coordinator of the store in `dir`: ipc DIR/rungd.sock, or,
 * where that is too long, the same name in a private directory under $XDG_RUNTIME_DIR or /tmp, named by the hash of the
 * absolute DIR and the user. The same DIR gives the same address in every process of the user. `runtime_dir` is the
 * value of XDG_RUNTIME_DIR, or NULL. Touches nothing: address_prepare does, before a bind. */
int address_for_store(const char *dir, const char *runtime_dir, struct address *out, struct err *e);

#endif
