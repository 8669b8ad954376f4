/* zmonitor.h: what becomes of a client's attempts to connect, which its socket alone never tells: ZeroMQ tries again
 * for ever, and in silence. Of zsock alone.
 */
#ifndef RUNG_COMMON_IO_ZMONITOR_H
#define RUNG_COMMON_IO_ZMONITOR_H

#include <uv.h>

#include "common/base/err.h"

enum zmonitor_event {
    ZMONITOR_CONNECTED,  /* and let in */
    ZMONITOR_NOT_LET_IN, /* the other side knows the key, or rather does not, and said so */
    ZMONITOR_MISMATCH,   /* the other side wants a key and we have none, or the other way round; or it is no ZeroMQ */
    ZMONITOR_BROKEN_OFF, /* the other side went away in the middle: what it does when it has another key */
    ZMONITOR_RETRY,      /* nobody is there; it will be tried again */
};

typedef void (*zmonitor_fn)(void *context, enum zmonitor_event event);

struct zmonitor;

/* Watches `socket`, of the ZeroMQ context `zmq`. Returns owned, or NULL with e. */
struct zmonitor *zmonitor_open(
    void *zmq, void *socket, uv_loop_t *loop, zmonitor_fn on_event, void *context, struct err *e);

/* Before the socket is closed. Frees itself when the loop has run its close callbacks. Accepts NULL. */
void zmonitor_close(struct zmonitor *m);

#endif
