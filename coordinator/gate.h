/* gate.h: who may come in to rungd, and as what.
 *
 * Sockets of this machine (ipc, loopback) ask for no key: who reaches them may do all. Over tcp that others reach,
 * ZeroMQ lets in the keys of the allow-list alone, and each message is judged again, so that a key that was revoked is
 * not heard any more, whatever connection it has.
 */
#ifndef RUNG_COORDINATOR_GATE_H
#define RUNG_COORDINATOR_GATE_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/err.h"
#include "common/io/address.h"
#include "common/io/zsock.h"
#include "coordinator/sender.h"

struct gate_options {
    const char *store_dir;
    const char *key;     /* the server's key file; NULL: STORE/keys/server.key, made when it is not there */
    const char *allowed; /* the allow-list; NULL: STORE/keys/allowed */
    bool is_insecure;    /* no keys on any address */
};

struct gate;

/* Whether a socket at this address asks for keys. One of this machine does when a key file was named. */
bool gate_guards(const struct gate_options *options, const struct address *a);

/* Reads the server's key and the allow-list and begins to answer ZeroMQ; `has_guarded`: an address asks for keys. To
 * be called before any bind. Borrows `options`. Returns owned, or NULL with e. */
struct gate *gate_open(
    struct zcontext *c, uv_loop_t *loop, const struct gate_options *options, bool has_guarded, struct err *e);

/* Frees itself when the loop has run its close callbacks. Accepts NULL. */
void gate_close(struct gate *g);

/* Writes where rungd listens for other machines, for rung invite; gate_close removes it. */
int gate_publish(struct gate *g, const struct address *addresses, int n, struct err *e);

const char *gate_secret_key(const struct gate *g);

/* Fills `out` with who sent a message; false when it is somebody who is not let in (any more): read nothing of it. */
bool gate_admit(struct gate *g, uint64_t peer, const char *user, struct sender *out);

#endif
