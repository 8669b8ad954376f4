#include "common/io/zpoll.h"

#include <zmq.h>

bool zpoll_can(void *socket, int event)
{
    int events = 0;
    size_t len = sizeof events;
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len);
    return events & event;
}

static void on_wake(uv_poll_t *poll, int status, int events) {}

static void on_idle(uv_idle_t *idle) {}

static void on_prepare(uv_prepare_t *prepare)
{
    struct zpoll *p = prepare->data;
    if (zpoll_can(p->socket, ZMQ_POLLIN))
        uv_idle_start(&p->idle, on_idle);
}

static void on_check(uv_check_t *check)
{
    struct zpoll *p = check->data;
    uv_idle_stop(&p->idle);
    if (zpoll_can(p->socket, ZMQ_POLLIN))
        p->on_input(p->context);
}

int zpoll_open(struct zpoll *p, uv_loop_t *loop, struct err *e)
{
    uv_os_sock_t fd;
    size_t len = sizeof fd;
    if (zmq_getsockopt(p->socket, ZMQ_FD, &fd, &len) < 0)
        return err_set(e, ERR_IO, "ZMQ_FD: %s", zmq_strerror(zmq_errno()));
    uv_poll_init_socket(loop, &p->poll, fd);
    uv_prepare_init(loop, &p->prepare);
    uv_check_init(loop, &p->check);
    uv_idle_init(loop, &p->idle);
    p->poll.data = p->prepare.data = p->check.data = p->idle.data = p;
    p->n_handles = 4;
    uv_poll_start(&p->poll, UV_READABLE, on_wake);
    uv_prepare_start(&p->prepare, on_prepare);
    uv_check_start(&p->check, on_check);
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct zpoll *p = handle->data;
    if (--p->n_handles == 0 && p->on_closed)
        p->on_closed(p->context);
}

void zpoll_close(struct zpoll *p)
{
    uv_close((uv_handle_t *)&p->poll, on_handle_closed); /* stops watching before the descriptor goes */
    uv_close((uv_handle_t *)&p->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&p->check, on_handle_closed);
    uv_close((uv_handle_t *)&p->idle, on_handle_closed);
}
