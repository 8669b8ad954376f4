#include "common/io/zmonitor.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/base/mem.h"
#include "common/io/system.h"
#include "common/io/zpoll.h"

struct zmonitor {
    void *watched, *events; /* sockets */
    struct zpoll poll;
    zmonitor_fn on_event;
    void *context;
    bool is_closed;
};

static const struct {
    int zmq;
    enum zmonitor_event event;
} meanings[] = {
    { ZMQ_EVENT_HANDSHAKE_SUCCEEDED, ZMONITOR_CONNECTED },
    { ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMONITOR_NOT_LET_IN },
    { ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMONITOR_MISMATCH },
    { ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMONITOR_BROKEN_OFF },
    { ZMQ_EVENT_CONNECT_RETRIED, ZMONITOR_RETRY },
};
enum { N_MEANINGS = sizeof meanings / sizeof *meanings };

/* One event is two frames: a number of 16 bits and a value of 32, then the address. False when none waits. */
static bool take(struct zmonitor *m)
{
    unsigned char head[6] = { 0 };
    char address[512];
    uint16_t number;
    if (zmq_recv(m->events, head, sizeof head, ZMQ_DONTWAIT) < 0)
        return zmq_errno() == EINTR;
    zmq_recv(m->events, address, sizeof address, ZMQ_DONTWAIT);
    memcpy(&number, head, sizeof number);
    for (int i = 0; i < N_MEANINGS; i++)
        if (meanings[i].zmq == number)
            m->on_event(m->context, meanings[i].event);
    return true;
}

static void on_input(void *context)
{
    struct zmonitor *m = context;
    while (!m->is_closed && take(m))
        ;
}

static void on_closed(void *context)
{
    free(context);
}

static int wanted_events(void)
{
    int mask = 0;
    for (int i = 0; i < N_MEANINGS; i++)
        mask |= meanings[i].zmq;
    return mask;
}

struct zmonitor *zmonitor_open(
    void *zmq, void *socket, uv_loop_t *loop, zmonitor_fn on_event, void *context, struct err *e)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://monitor-%016llx", (unsigned long long)system_random_id());
    struct zmonitor *m = mem_zalloc(1, sizeof *m);
    *m = (struct zmonitor){ .watched = socket, .on_event = on_event, .context = context };
    if (zmq_socket_monitor(socket, address, wanted_events()) < 0 || !(m->events = zmq_socket(zmq, ZMQ_PAIR)) ||
        zmq_connect(m->events, address) < 0) {
        err_set(e, ERR_IO, "watch a socket: %s", zmq_strerror(zmq_errno()));
        goto failed;
    }
    m->poll = (struct zpoll){ .socket = m->events, .on_input = on_input, .on_closed = on_closed, .context = m };
    if (zpoll_open(&m->poll, loop, e) == 0)
        return m;
failed:
    zmq_socket_monitor(socket, NULL, 0);
    if (m->events)
        zmq_close(m->events);
    free(m);
    return NULL;
}

void zmonitor_close(struct zmonitor *m)
{
    int none = 0;
    if (!m || m->is_closed)
        return;
    m->is_closed = true;
    zpoll_close(&m->poll);
    zmq_socket_monitor(m->watched, NULL, 0);
    zmq_setsockopt(m->events, ZMQ_LINGER, &none, sizeof none);
    zmq_close(m->events);
}
