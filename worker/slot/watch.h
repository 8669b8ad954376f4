/* watch.h: one descriptor in the loop. */
#ifndef RUNG_WORKER_SLOT_WATCH_H
#define RUNG_WORKER_SLOT_WATCH_H

#include <uv.h>

/* Called when the descriptor is ready, and at its end. May close the watch. */
typedef void (*watch_fn)(void *owner, int events);

struct watch {
    uv_poll_t poll;
    int fd;
    watch_fn ready;
    void *owner;
};

/* Takes `fd`. Watches for UV_READABLE. */
struct watch *watch_open(uv_loop_t *loop, int fd, watch_fn ready, void *owner);
void watch_want(struct watch *w, int events); /* UV_READABLE, UV_WRITABLE */
void watch_close(struct watch *w);            /* closes fd now; frees w when the loop has let go. Accepts NULL */

#endif
