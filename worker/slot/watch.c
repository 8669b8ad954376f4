#include "worker/slot/watch.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    w->ready(w->owner, status < 0 ? UV_READABLE : events); /* reading tells what is wrong */
}

struct watch *watch_open(uv_loop_t *loop, int fd, watch_fn ready, void *owner)
{
    struct watch *w = mem_zalloc(1, sizeof *w);
    w->fd = fd;
    w->ready = ready;
    w->owner = owner;
    w->poll.data = w;
    uv_poll_init(loop, &w->poll, fd);
    watch_want(w, UV_READABLE);
    return w;
}

void watch_want(struct watch *w, int events)
{
    uv_poll_start(&w->poll, events, on_ready);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    uv_poll_stop(&w->poll);
    close(w->fd);
    w->fd = -1;
    uv_close((uv_handle_t *)&w->poll, on_closed);
}
