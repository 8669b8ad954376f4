#include "common/io/zsock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/system.h"
#include "common/io/zcontext.h"
#include "common/io/zmonitor.h"
#include "common/io/zpoll.h"

enum { BATCH = 1024, BATCH_MS = 5, SERVER_HIGH_WATER = 1000, CLIENT_HIGH_WATER = 64, ID_LEN = 5 };
enum { MAX_BROKEN_OFF = 3, MAX_PATIENCE = 8 };
enum {
    PAUSE_MAX_MS = 2000,
    PAUSE_MAX_LOCAL_MS = 200
}; /* between two tries to connect: to another machine, to this one */

enum { OPTION_ZAP_ENFORCE_DOMAIN = 93 }; /* not in the stable header, but stock 4.3.4 knows it */

struct zsock {
    struct zsock_options options;
    void *zmq, *socket;
    uv_loop_t *loop;
    struct zpoll poll;
    struct zmonitor *monitor; /* of a client over tcp */
    int n_broken_off;         /* handshakes in a row */
    int n_retries, patience;  /* of a client: attempts to connect by one family, and how many to make by each */
    bool prefers_ipv6;        /* where a name may have both */
    bool has_curve;           /* of a server: a bind with keys was there */
    bool is_closed;
    bool is_skipping; /* the rest of a message of several frames */
    struct zsock_counts counts;
    char **addresses; /* connected to */
    size_t n_addresses, cap_addresses;
    char last_address[512];
};

static int fail(struct err *e, enum err_code code, const char *what)
{
    return err_set(e, code, "%s: %s", what, zmq_strerror(zmq_errno()));
}

/* ---- the context ---- */

struct zcontext *zcontext_open(struct err *e)
{
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    if (major * 10000 + minor * 100 + patch < 40303) {
        err_set(e, ERR_STATE, "ZeroMQ %d.%d.%d: 4.3.3 is the oldest that is safe", major, minor, patch);
        return NULL;
    }
    if (!zmq_has("curve")) {
        err_set(e, ERR_STATE, "this ZeroMQ was built without CURVE");
        return NULL;
    }
    void *zmq = zmq_ctx_new();
    if (!zmq) {
        fail(e, ERR_IO, "start ZeroMQ");
        return NULL;
    }
    struct zcontext *c = mem_zalloc(1, sizeof *c);
    c->zmq = zmq;
    return c;
}

void zcontext_close(struct zcontext *c)
{
    if (!c)
        return;
    while (zmq_ctx_term(c->zmq) < 0 && zmq_errno() == EINTR)
        ;
    free(c);
}

/* ---- options ---- */

struct option {
    int name, value;
};

static const struct option for_all[] = {
    { ZMQ_LINGER, 0 },           /* what is not sent is sent again by whoever needs it */
    { ZMQ_HEARTBEAT_IVL, 5000 }, /* finds dead connections, not dead programs */
    { ZMQ_HEARTBEAT_TIMEOUT, 15000 },
    { ZMQ_HEARTBEAT_TTL, 15000 }, /* beyond 65535 it would wrap */
    { ZMQ_HANDSHAKE_IVL, 5000 },
    { ZMQ_TCP_KEEPALIVE, 1 },
    { ZMQ_TCP_KEEPALIVE_IDLE, 60 },
    { ZMQ_TCP_KEEPALIVE_INTVL, 10 },
    { ZMQ_TCP_KEEPALIVE_CNT, 3 },
    { ZMQ_TCP_MAXRT, 20000 },
};

static const struct option for_servers[] = {
    { ZMQ_ROUTER_MANDATORY, 1 }, /* a peer that is gone or full is an answer, not a silent loss */
    { ZMQ_BACKLOG, 1024 },
};

static const struct option for_clients[] = {
    { ZMQ_IMMEDIATE, 1 }, /* queues nothing for a connection that is not there */
    { ZMQ_CONNECT_TIMEOUT, 5000 },
};

static void set_int(void *socket, int name, int value)
{
    int status = zmq_setsockopt(socket, name, &value, sizeof value);
    assert(status == 0);
}

static void set_options(void *socket, const struct option *options, size_t n)
{
    for (size_t i = 0; i < n; i++)
        set_int(socket, options[i].name, options[i].value);
}

static void set_all(struct zsock *z)
{
    bool is_server = z->options.kind == ZSOCK_SERVER;
    int high_water = z->options.high_water ? z->options.high_water : is_server ? SERVER_HIGH_WATER : CLIENT_HIGH_WATER;
    int64_t max_frame = (int64_t)(z->options.max_frame ? z->options.max_frame : LIMIT_FRAME);
    set_options(z->socket, for_all, sizeof for_all / sizeof *for_all);
    if (is_server)
        set_options(z->socket, for_servers, sizeof for_servers / sizeof *for_servers);
    else
        set_options(z->socket, for_clients, sizeof for_clients / sizeof *for_clients);
    set_int(z->socket, ZMQ_SNDHWM, high_water);
    set_int(z->socket, ZMQ_RCVHWM, high_water);
    zmq_setsockopt(z->socket, ZMQ_MAXMSGSIZE, &max_frame, sizeof max_frame);
}

static int set_key(void *socket, int name, const char *key, struct err *e)
{
    if (key && zmq_setsockopt(socket, name, key, strlen(key) + 1) == 0)
        return 0;
    return err_set(e, ERR_INVALID, "a CURVE key that is not 40 characters of Z85");
}

static int set_client_curve(void *socket, const struct zsock_curve *keys, struct err *e)
{
    return set_key(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, e) < 0 ||
                   set_key(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, e) < 0 ||
                   set_key(socket, ZMQ_CURVE_SERVERKEY, keys->server_key, e) < 0
               ? -1
               : 0;
}

/* For the binds that follow: an open one keeps what it began with. A server without a ZAP handler would take every key:
 * with an enforced domain it takes none. */
static int set_server_curve(struct zsock *z, const char *secret_key, struct err *e)
{
    static const char domain[] = "rung";
    if (set_key(z->socket, ZMQ_CURVE_SECRETKEY, secret_key, e) < 0)
        return -1;
    set_int(z->socket, ZMQ_CURVE_SERVER, 1);
    set_int(z->socket, OPTION_ZAP_ENFORCE_DOMAIN, 1);
    z->has_curve = true;
    return zmq_setsockopt(z->socket, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) < 0 ? fail(e, ERR_IO, "ZAP domain") : 0;
}

/* ---- receiving ---- */

static bool receive_part(struct zsock *z, zmq_msg_t *part)
{
    zmq_msg_init(part);
    int len;
    do
        len = zmq_msg_recv(part, z->socket, ZMQ_DONTWAIT);
    while (len < 0 && zmq_errno() == EINTR);
    if (len >= 0)
        return true;
    zmq_msg_close(part);
    return false;
}

/* ZeroMQ numbers connections by a zero byte and 32 bits; another form was chosen by the peer: 0. */
static uint64_t peer_of(zmq_msg_t *id)
{
    const unsigned char *p = zmq_msg_data(id);
    if (zmq_msg_size(id) != ID_LEN || p[0] != 0)
        return 0;
    return UINT64_C(1) << 32 | (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 | p[4];
}

static void deliver(struct zsock *z, uint64_t peer, zmq_msg_t *body)
{
    bool is_known = peer || z->options.kind == ZSOCK_CLIENT;
    z->is_skipping = zmq_msg_more(body);
    if (z->is_skipping || !is_known) {
        z->counts.refused++;
        return;
    }
    const char *user = zmq_msg_gets(body, "User-Id");
    z->counts.received++;
    z->options.on_message(z->options.context, peer, user ? user : "", zmq_msg_data(body), zmq_msg_size(body));
}

/* Takes one message, or one more frame of a message that is being skipped. False when nothing waits. */
static bool receive(struct zsock *z)
{
    zmq_msg_t part;
    uint64_t peer = 0;
    if (!receive_part(z, &part))
        return false;
    if (z->is_skipping) {
        z->is_skipping = zmq_msg_more(&part);
        zmq_msg_close(&part);
        return true;
    }
    if (z->options.kind == ZSOCK_SERVER) {
        peer = peer_of(&part);
        zmq_msg_close(&part);
        if (!receive_part(z, &part)) /* all frames of a message come together */
            return false;
    }
    deliver(z, peer, &part);
    zmq_msg_close(&part);
    return true;
}

static void on_input(void *context)
{
    struct zsock *z = context;
    int batch_ms = z->options.batch_ms ? z->options.batch_ms : BATCH_MS;
    uint64_t end_ns = uv_hrtime() + (uint64_t)batch_ms * 1000000;
    int n = 0;
    while (n < BATCH && !z->is_closed && receive(z)) {
        n++;
        if (uv_hrtime() >= end_ns)
            break;
    }
    if (n > 0 && !z->is_closed && z->options.on_drained)
        z->options.on_drained(z->options.context);
}

/* ---- a socket's life ---- */

static void on_closed(void *context)
{
    struct zsock *z = context;
    for (size_t i = 0; i < z->n_addresses; i++)
        free(z->addresses[i]);
    free(z->addresses);
    free(z);
}

struct zsock *zsock_open(struct zcontext *c, uv_loop_t *loop, const struct zsock_options *options, struct err *e)
{
    struct zsock *z = mem_zalloc(1, sizeof *z);
    z->options = *options;
    z->options.curve = NULL; /* its keys are borrowed for the call alone */
    z->zmq = c->zmq;
    z->loop = loop;
    z->patience = 1;
    z->socket = zmq_socket(c->zmq, options->kind == ZSOCK_SERVER ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!z->socket) {
        fail(e, ERR_IO, "open a ZeroMQ socket");
        free(z);
        return NULL;
    }
    assert(!options->curve || options->kind == ZSOCK_CLIENT);
    set_all(z);
    z->poll = (struct zpoll){ .socket = z->socket, .on_input = on_input, .on_closed = on_closed, .context = z };
    if ((options->curve && set_client_curve(z->socket, options->curve, e) < 0) || zpoll_open(&z->poll, loop, e) < 0) {
        zmq_close(z->socket);
        free(z);
        return NULL;
    }
    return z;
}

void zsock_close(struct zsock *z)
{
    if (!z || z->is_closed)
        return;
    z->is_closed = true;
    zmonitor_close(z->monitor);
    zpoll_close(&z->poll);
    zmq_close(z->socket);
}

/* ---- listening ---- */

static int bind_to(struct zsock *z, const char *address, struct err *e)
{
    set_int(z->socket, ZMQ_IPV6, strpbrk(address, "[*") != NULL);
    if (zmq_bind(z->socket, address) < 0) {
        fail(e, zmq_errno() == EADDRINUSE ? ERR_BUSY : ERR_IO, address);
        return err_prefix(e, "listen on");
    }
    size_t len = sizeof z->last_address;
    zmq_getsockopt(z->socket, ZMQ_LAST_ENDPOINT, z->last_address, &len);
    return 0;
}

int zsock_bind(struct zsock *z, const char *address, struct err *e)
{
    assert(z->options.kind == ZSOCK_SERVER);
    assert(!z->has_curve); /* ZeroMQ cannot take a ZAP domain back */
    return bind_to(z, address, e);
}

int zsock_bind_curve(struct zsock *z, const char *address, const char *secret_key, struct err *e)
{
    assert(z->options.kind == ZSOCK_SERVER);
    return set_server_curve(z, secret_key, e) < 0 ? -1 : bind_to(z, address, e);
}

/* ---- connecting ---- */

static bool is_tcp(const char *address)
{
    return str_starts(address, "tcp://");
}

static bool is_name(const char *address)
{
    return is_tcp(address) && !strchr(address, '[') && strspn(address + 6, "0123456789.:") != strlen(address + 6);
}

static int connect_to(struct zsock *z, const char *address)
{
    bool is_ipv6 = strchr(address, '[') != NULL || (is_name(address) && z->prefers_ipv6);
    /* Many clients of a restarted server shall not come in step: ZeroMQ doubles the first pause, up to a longest one.
     */
    int first_ms = 100 + (int)(system_random_id() % (is_tcp(address) ? 400 : 50));
    set_int(z->socket, ZMQ_IPV6, is_ipv6);
    set_int(z->socket, ZMQ_RECONNECT_IVL, first_ms);
    set_int(z->socket, ZMQ_RECONNECT_IVL_MAX, is_tcp(address) ? PAUSE_MAX_MS : PAUSE_MAX_LOCAL_MS);
    return zmq_connect(z->socket, address);
}

static void refuse(struct zsock *z, enum zsock_refusal why)
{
    if (z->options.on_refused)
        z->options.on_refused(z->options.context, why);
}

/* Looks for the other family's addresses of a name, more patiently each time. */
static void retry(struct zsock *z)
{
    const char *address = z->addresses[0];
    if (z->n_addresses != 1 || !is_name(address) || ++z->n_retries < z->patience)
        return;
    z->patience = z->patience < MAX_PATIENCE ? 2 * z->patience : MAX_PATIENCE;
    zsock_reconnect(z, NULL);
}

static void on_monitor(void *context, enum zmonitor_event event)
{
    struct zsock *z = context;
    bool was_broken_off = event == ZMONITOR_BROKEN_OFF;
    if (event != ZMONITOR_RETRY)
        z->n_broken_off = was_broken_off ? z->n_broken_off + 1 : 0;
    switch (event) {
    case ZMONITOR_CONNECTED:
        z->n_retries = 0;
        z->patience = 1;
        break;
    case ZMONITOR_NOT_LET_IN:
        refuse(z, ZSOCK_NOT_LET_IN);
        break;
    case ZMONITOR_MISMATCH:
        refuse(z, ZSOCK_MISMATCH);
        break;
    case ZMONITOR_BROKEN_OFF:
        if (z->n_broken_off >= MAX_BROKEN_OFF)
            refuse(z, ZSOCK_BROKEN_OFF);
        break;
    case ZMONITOR_RETRY:
        retry(z);
        break;
    }
}

int zsock_connect(struct zsock *z, const char *address, struct err *e)
{
    assert(z->options.kind == ZSOCK_CLIENT);
    if (is_tcp(address) && !z->monitor && !(z->monitor = zmonitor_open(z->zmq, z->socket, z->loop, on_monitor, z, e)))
        return -1;
    if (connect_to(z, address) < 0) {
        fail(e, ERR_INVALID, address);
        return err_prefix(e, "connect to");
    }
    z->addresses = mem_grow(z->addresses, z->n_addresses, &z->cap_addresses, sizeof *z->addresses);
    z->addresses[z->n_addresses++] = mem_strdup(address);
    return 0;
}

int zsock_reconnect(struct zsock *z, struct err *e)
{
    z->prefers_ipv6 = !z->prefers_ipv6;
    z->n_retries = 0;
    for (size_t i = 0; i < z->n_addresses; i++) {
        const char *address = z->addresses[i];
        zmq_disconnect(z->socket, address); /* may fail: it is not connected, then */
        if (connect_to(z, address) < 0) {
            fail(e, ERR_UNREACHABLE, address);
            return err_prefix(e, "connect again to");
        }
    }
    return 0;
}

bool zsock_is_ready(struct zsock *z)
{
    return !z->is_closed && zpoll_can(z->socket, ZMQ_POLLOUT);
}

const char *zsock_last_address(const struct zsock *z)
{
    return z->last_address;
}

struct zsock_counts zsock_counts(const struct zsock *z)
{
    return z->counts;
}

/* ---- sending ---- */

static bool send_part(struct zsock *z, const void *bytes, size_t len, int flags)
{
    int status;
    do
        status = zmq_send(z->socket, bytes, len, flags | ZMQ_DONTWAIT);
    while (status < 0 && zmq_errno() == EINTR);
    return status >= 0;
}

bool zsock_send(struct zsock *z, uint64_t peer, const void *frame, size_t len)
{
    bool is_sent = !z->is_closed;
    if (is_sent && z->options.kind == ZSOCK_SERVER) {
        assert(peer != 0);
        unsigned char id[ID_LEN] = { 0, (unsigned char)(peer >> 24), (unsigned char)(peer >> 16),
            (unsigned char)(peer >> 8), (unsigned char)peer };
        is_sent = send_part(z, id, sizeof id, ZMQ_SNDMORE);
    }
    is_sent = is_sent && send_part(z, frame, len, 0);
    z->counts.sent += is_sent;
    z->counts.unsent += !is_sent;
    return is_sent;
}
