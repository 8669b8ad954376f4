#include "common/io/zap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/base/mem.h"
#include "common/io/zcontext.h"
#include "common/io/zpoll.h"

enum { BATCH = 64, KEY_BYTES = 32, FRAME = 256 };

/* The frames of a request; the last is the public key, in binary. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, N_FRAMES };

struct zap {
    void *socket;
    struct zpoll poll;
    zap_judge_fn judge;
    void *context;
    bool is_closed;
};

struct question {
    char frames[N_FRAMES][FRAME]; /* each with a NUL behind it */
    int lens[N_FRAMES];
    int n; /* frames that came; more than N_FRAMES are counted, not kept */
};

/* Reads all frames of one request. False when none waits. */
static bool receive(struct zap *z, struct question *q)
{
    int has_more = 1;
    size_t size = sizeof has_more;
    for (q->n = 0; has_more; q->n++) {
        char spare[FRAME], *to = q->n < N_FRAMES ? q->frames[q->n] : spare;
        int len = zmq_recv(z->socket, to, FRAME - 1, ZMQ_DONTWAIT);
        if (len < 0)
            return false;
        len = len < FRAME - 1 ? len : FRAME - 1; /* zmq_recv says how long it was, not what it kept */
        to[len] = '\0';
        if (q->n < N_FRAMES)
            q->lens[q->n] = len;
        zmq_getsockopt(z->socket, ZMQ_RCVMORE, &has_more, &size);
    }
    return true;
}

static bool may_come_in(struct zap *z, const struct question *q, char key[41])
{
    if (q->n != N_FRAMES || strcmp(q->frames[VERSION], "1.0") != 0 || strcmp(q->frames[MECHANISM], "CURVE") != 0 ||
        q->lens[CREDENTIALS] != KEY_BYTES)
        return false;
    zmq_z85_encode(key, (const uint8_t *)q->frames[CREDENTIALS], KEY_BYTES);
    return z->judge(z->context, key, q->frames[ADDRESS]);
}

static void answer(struct zap *z, const struct question *q)
{
    char key[41] = "";
    bool is_welcome = may_come_in(z, q, key);
    zmq_send(z->socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(z->socket, q->frames[REQUEST], q->n > REQUEST ? (size_t)q->lens[REQUEST] : 0, ZMQ_SNDMORE);
    zmq_send(z->socket, is_welcome ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(z->socket, "", 0, ZMQ_SNDMORE);
    zmq_send(z->socket, key, is_welcome ? strlen(key) : 0, ZMQ_SNDMORE);
    zmq_send(z->socket, "", 0, 0);
}

static void on_input(void *context)
{
    struct zap *z = context;
    struct question q;
    for (int n = 0; n < BATCH && !z->is_closed && receive(z, &q); n++)
        answer(z, &q);
}

static void on_closed(void *context)
{
    free(context);
}

struct zap *zap_open(struct zcontext *c, uv_loop_t *loop, zap_judge_fn judge, void *context, struct err *e)
{
    struct zap *z = mem_zalloc(1, sizeof *z);
    int none = 0;
    *z = (struct zap){ .socket = zmq_socket(c->zmq, ZMQ_REP), .judge = judge, .context = context };
    z->poll = (struct zpoll){ .socket = z->socket, .on_input = on_input, .on_closed = on_closed, .context = z };
    if (!z->socket || zmq_setsockopt(z->socket, ZMQ_LINGER, &none, sizeof none) < 0 ||
        zmq_bind(z->socket, "inproc://zeromq.zap.01") < 0)
        err_set(
            e, zmq_errno() == EADDRINUSE ? ERR_BUSY : ERR_IO, "decide who may come in: %s", zmq_strerror(zmq_errno()));
    else if (zpoll_open(&z->poll, loop, e) == 0)
        return z;
    if (z->socket)
        zmq_close(z->socket);
    free(z);
    return NULL;
}

void zap_close(struct zap *z)
{
    if (!z || z->is_closed)
        return;
    z->is_closed = true;
    zpoll_close(&z->poll);
    zmq_close(z->socket);
}
