/* zsock.h: a ZeroMQ socket in a libuv loop: frames in by a callback, frames out without ever waiting.
 *
 * A server is a ROUTER that binds, a client a DEALER that connects. A message is exactly one frame; anything else is
 * dropped and counted. ZeroMQ's descriptor is edge-triggered and cannot be polled alone, so each turn of the loop asks
 * the socket itself (zsock.c says how). One thread owns a socket, the one that runs the loop.
 *
 * Nothing here is durable: a frame that was queued may be lost with its connection. Whoever needs it to arrive repeats
 * it until it is answered.
 */
#ifndef RUNG_COMMON_IO_ZSOCK_H
#define RUNG_COMMON_IO_ZSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/err.h"

/* ---- the process's one ZeroMQ context ---- */

struct zcontext;

/* Starts ZeroMQ's I/O thread. Refuses a libzmq that is too old or has no CURVE. Never fork and go on afterwards: spawn
 * (fork and exec) is fine. */
struct zcontext *zcontext_open(struct err *e);
void zcontext_close(struct zcontext *c); /* after the close callbacks of all its sockets have run; accepts NULL */

/* ---- a socket ---- */

struct zsock;

enum zsock_kind { ZSOCK_SERVER, ZSOCK_CLIENT };

/* A client's keys in Z85, 40 characters: its own pair, and the public key of whom it expects to find. */
struct zsock_curve {
    const char *public_key, *secret_key, *server_key;
};

/* Why a client is not let in. It stays away until zsock_reconnect, but after BROKEN_OFF tries again by itself. */
enum zsock_refusal {
    ZSOCK_NOT_LET_IN, /* the server does not know the key, and says so */
    ZSOCK_MISMATCH,   /* the server wants a key and there is none here, or the other way round, or it is no ZeroMQ */
    ZSOCK_BROKEN_OFF, /* three times in a row it left in the middle of the handshake: it has another key than expected
                       */
};
typedef void (*zsock_refused_fn)(void *context, enum zsock_refusal why);

/* One frame came. `peer` is a server's number for the connection it came by: never 0, the same as long as the
 * connection lasts, another one after a reconnect; for a client it is 0. `user` is the peer's public key in Z85 as ZAP
 * let it in, "" without CURVE: check it against the allow-list again for each message. `frame` is borrowed for the
 * call. The callback may send, and may close the socket. */
typedef void (*zsock_message_fn)(void *context, uint64_t peer, const char *user, const void *frame, size_t len);

/* The batch of messages that were waiting (at most 256, or 5 ms of them) has been handed over: commit, then send.
 * Called only after a batch of at least one. */
typedef void (*zsock_drained_fn)(void *context);

struct zsock_options {
    enum zsock_kind kind;
    size_t max_frame; /* bytes; a peer that sends more is disconnected. 0: LIMIT_FRAME */
    int high_water;   /* frames a peer that may wait in each direction. 0: server 1000, client 64 */
    int batch_ms;     /* how long what waits is handed over before timers and other sockets have their turn. 0: 5 ms */
    const struct zsock_curve *curve; /* of a client; NULL: in the clear, for addresses that are local. Copied */
    zsock_message_fn on_message;
    zsock_drained_fn on_drained; /* may be NULL */
    zsock_refused_fn on_refused; /* of a client, over tcp alone; may be NULL */
    void *context;
};

/* Returns owned (zsock_close), or NULL with e. */
struct zsock *zsock_open(struct zcontext *c, uv_loop_t *loop, const struct zsock_options *options, struct err *e);

/* Stops at once: no callback runs any more, what waits is dropped. Frees itself when the loop has run its close
 * callbacks, so run the loop once more before uv_loop_close. Accepts NULL. */
void zsock_close(struct zsock *z);

/* "ipc://PATH", "tcp://HOST:PORT"; a server may bind, and a client connect to, several. A client that connects to
 * several spreads its frames over them. Binding a tcp port 0 takes a free one: zsock_last_address tells. The host * is
 * every address of the machine, IPv4 and IPv6. A name is looked up again at each attempt to connect, in turn for IPv4
 * and for IPv6. */
int zsock_bind(struct zsock *z, const char *address, struct err *e);
int zsock_connect(struct zsock *z, const char *address, struct err *e);

/* For those alone whose keys the process's ZAP handler lets in (zap.h); without one, nobody. Of a server's addresses
 * those without keys are bound first. */
int zsock_bind_curve(struct zsock *z, const char *address, const char *secret_key, struct err *e);

/* Drops all connections and what waits in them, and connects again to the same addresses: for a client that has heard
 * nothing for long. */
int zsock_reconnect(struct zsock *z, struct err *e);

/* Copies `frame` into the queue and returns true; false when it cannot go now: the peer is gone, its queue is full, or
 * a client is not connected yet. Never waits. `peer` is 0 for a client. */
bool zsock_send(struct zsock *z, uint64_t peer, const void *frame, size_t len);

/* Whether a frame could go now: for a client, that it is connected. Asked at times, it tells a new connection. */
bool zsock_is_ready(struct zsock *z);

/* The address of the last bind, as ZeroMQ resolved it; borrows until the next bind. */
const char *zsock_last_address(const struct zsock *z);

struct zsock_counts {
    uint64_t received, sent; /* frames */
    uint64_t unsent;         /* sends that returned false */
    uint64_t refused;        /* messages dropped: several frames, or a peer that chose its own id */
};
struct zsock_counts zsock_counts(const struct zsock *z);

#endif
