/* zpoll.h: wakes a libuv loop when a ZeroMQ socket has input. For the sockets of this directory: zsock, zap, zmonitor.
 *
 * ZMQ_FD becomes readable when something happened inside ZeroMQ, once, and any send or receive may eat that signal; so
 * it does no more than wake the loop. Before the loop would sleep the socket itself is asked; while input waits, the
 * loop does not sleep, and behind its poll `on_input` takes a bounded batch, so that timers and other descriptors have
 * their turn between batches.
 */
#ifndef RUNG_COMMON_IO_ZPOLL_H
#define RUNG_COMMON_IO_ZPOLL_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/err.h"

struct zpoll {
    void *socket;
    void (*on_input)(void *context);  /* something waits: take some of it */
    void (*on_closed)(void *context); /* no callback runs any more; may be NULL */
    void *context;

    /* The rest is zpoll's own. */
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    int n_handles; /* that the loop has still to close */
};

/* Begins to watch; the members above are filled in. Fails when the socket has no descriptor. */
int zpoll_open(struct zpoll *p, uv_loop_t *loop, struct err *e);

/* Stops at once; call it before zmq_close. The struct must stay until on_closed. */
void zpoll_close(struct zpoll *p);

/* Whether ZMQ_POLLIN or ZMQ_POLLOUT holds now. */
bool zpoll_can(void *socket, int event);

#endif
