#include "common/io/zsock.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#include <zmq.h>

/* A loop with a server and a client on one context, and a watchdog: a test that stalls fails after 60 s. */
static struct fixture {
    uv_loop_t loop;
    uv_timer_t watchdog;
    struct zcontext *context;
    struct zsock *server, *client;
    bool has_stalled;
    uint64_t n_at_server, n_at_client, n_batches, last_peer;
    uint64_t wanted; /* frames at the client after which the loop stops */
    char address[300];
    char text[64]; /* of the last frame at the client */
} f;

static void on_watchdog(uv_timer_t *timer)
{
    f.has_stalled = true;
    uv_stop(&f.loop);
}

static void at_server(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    f.n_at_server++;
    f.last_peer = peer;
    zsock_send(f.server, peer, frame, len);
}

static void at_client(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    f.n_at_client++;
    snprintf(f.text, sizeof f.text, "%.*s", (int)len, (const char *)frame);
    if (f.n_at_client >= f.wanted)
        uv_stop(&f.loop);
}

static void at_drained(void *context)
{
    f.n_batches++;
}

static void open_fixture(const struct zsock_options *server, const struct zsock_options *client)
{
    static int number;
    struct err e = { 0 };
    memset(&f, 0, sizeof f);
    uv_loop_init(&f.loop);
    uv_timer_init(&f.loop, &f.watchdog);
    uv_timer_start(&f.watchdog, on_watchdog, 60000, 0);
    snprintf(f.address, sizeof f.address, "ipc://%s/socket%d", scratch_dir(), number++);
    f.context = zcontext_open(&e);
    f.server = zsock_open(f.context, &f.loop, server, &e);
    f.client = zsock_open(f.context, &f.loop, client, &e);
    if (!f.server || !f.client || zsock_bind(f.server, f.address, &e) < 0 || zsock_connect(f.client, f.address, &e) < 0)
        TAP_FAIL("%s", e.text);
}

/* Runs until the client has `wanted` frames; fails when it stalls. */
static void run_until(uint64_t wanted)
{
    f.wanted = wanted;
    uv_run(&f.loop, UV_RUN_DEFAULT);
    if (f.has_stalled)
        TAP_FAIL("stalled: %llu frames at the server, %llu at the client", (unsigned long long)f.n_at_server,
            (unsigned long long)f.n_at_client);
}

static void close_fixture(void)
{
    zsock_close(f.server);
    zsock_close(f.client);
    uv_close((uv_handle_t *)&f.watchdog, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&f.loop), 0);
    zcontext_close(f.context);
}

static const struct zsock_options echo = { .kind = ZSOCK_SERVER, .on_message = at_server, .on_drained = at_drained };
static const struct zsock_options plain = { .kind = ZSOCK_CLIENT, .on_message = at_client };

/* A client that is not connected yet cannot send: a timer tries until it can. */
static void on_send_one(uv_timer_t *timer)
{
    if (zsock_send(f.client, 0, timer->data, strlen(timer->data)))
        uv_close((uv_handle_t *)timer, NULL);
}

static void send_when_connected(const char *text)
{
    static uv_timer_t timers[4];
    static int next;
    uv_timer_t *timer = &timers[next++ % 4];
    uv_timer_init(&f.loop, timer);
    timer->data = (void *)(uintptr_t)text;
    uv_timer_start(timer, on_send_one, 0, 1);
}

TEST(a_frame_goes_there_and_comes_back)
{
    open_fixture(&echo, &plain);
    send_when_connected("hello");
    run_until(1);
    CHECK_TEXT(f.text, "hello");
    CHECK(f.last_peer != 0);
    CHECK_INT(f.n_batches, 1);
    CHECK_INT(zsock_counts(f.server).sent, 1);
    close_fixture();
}

static uv_timer_t ticker;

/* A frame that was queued for a connection is lost with it: who wants it to arrive repeats it. */
static void on_repeat(uv_timer_t *timer)
{
    zsock_send(f.client, 0, timer->data, strlen(timer->data));
}

static void repeat_until_answered(const char *text)
{
    uv_timer_init(&f.loop, &ticker);
    ticker.data = (void *)(uintptr_t)text;
    uv_timer_start(&ticker, on_repeat, 0, 5);
    run_until(f.n_at_client + 1);
    uv_close((uv_handle_t *)&ticker, NULL);
    uv_run(&f.loop, UV_RUN_NOWAIT);
}

enum { FLOOD = 300000, IN_FLIGHT = 500 };
static uint64_t n_flooded;

static void flood(void)
{
    while (n_flooded < FLOOD && n_flooded - f.n_at_client < IN_FLIGHT && zsock_send(f.client, 0, "x", 1))
        n_flooded++;
}

static void flood_on(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    at_client(context, peer, user, frame, len);
    flood();
}

static void on_flood(uv_timer_t *timer)
{
    flood();
    if (n_flooded > 0)
        uv_close((uv_handle_t *)timer, NULL);
}

/* After its first frames nothing wakes the loop but the frames themselves: whatever a batch leaves over must be found.
 */
TEST(none_of_300000_messages_is_left_behind)
{
    struct zsock_options client = { .kind = ZSOCK_CLIENT, .on_message = flood_on, .high_water = 1000 };
    static uv_timer_t start;
    open_fixture(&echo, &client);
    uv_timer_init(&f.loop, &start);
    uv_timer_start(&start, on_flood, 0, 1);
    n_flooded = 0;
    run_until(FLOOD);
    CHECK_INT(f.n_at_server, FLOOD);
    CHECK_INT(f.n_at_client, FLOOD);
    CHECK(f.n_batches >= FLOOD / 1024);
    close_fixture();
}

/* An echo in a thread of its own, so that answers come while the loop's thread is busy. */
static void echo_thread(void *socket)
{
    char id[16], body[64];
    for (;;) {
        int id_len = zmq_recv(socket, id, sizeof id, 0), len = zmq_recv(socket, body, sizeof body, 0);
        if (len == 3 && memcmp(body, "end", 3) == 0)
            break;
        zmq_send(socket, id, (size_t)id_len, ZMQ_SNDMORE);
        zmq_send(socket, body, (size_t)len, 0);
    }
    zmq_close(socket);
}

static uint64_t n_sent;

/* Sends for a while: each send may take the descriptor's signal for the answers that come meanwhile. */
static void on_burst(uv_timer_t *timer)
{
    for (uint64_t end_ns = uv_hrtime() + 5000000; uv_hrtime() < end_ns;)
        if ((int64_t)(n_sent - f.n_at_client) < 60)
            n_sent += zsock_send(f.client, 0, "burst", 5);
    f.wanted = n_sent;
}

TEST(what_comes_while_a_timer_sends_is_noticed)
{
    uv_thread_t thread;
    struct err e = { 0 };
    char address[320];
    open_fixture(&echo, &plain);
    snprintf(address, sizeof address, "%s.echo", f.address);
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_ROUTER);
    CHECK_INT(zmq_bind(socket, address), 0);
    CHECK_INT(uv_thread_create(&thread, echo_thread, socket), 0);
    zsock_close(f.client);
    f.client = zsock_open(f.context, &f.loop, &plain, &e);
    CHECK_INT(zsock_connect(f.client, address, &e), 0);
    repeat_until_answered("there");
    uv_timer_init(&f.loop, &ticker);
    for (int round = 0; round < 20; round++) {
        n_sent = f.n_at_client;
        uv_timer_start(&ticker, on_burst, 1, 0);
        run_until(UINT64_MAX);
        CHECK(n_sent > 0);
    }
    zsock_send(f.client, 0, "end", 3);
    uv_close((uv_handle_t *)&ticker, NULL);
    uv_thread_join(&thread);
    zmq_ctx_term(zmq);
    close_fixture();
}

static void send_from_server(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct zsock *z = f.server;
    int n = 0;
    f.last_peer = peer;
    while (zsock_send(z, peer, frame, len) && n < 100000)
        n++;
    f.n_at_server = (uint64_t)n;
    uv_stop(&f.loop);
}

TEST(a_full_queue_or_an_absent_peer_is_an_answer_and_never_a_wait)
{
    struct zsock_options server = { .kind = ZSOCK_SERVER, .on_message = send_from_server, .high_water = 5 };
    static char big[100000];
    open_fixture(&server, &plain);
    memset(big, 'x', sizeof big - 1);
    CHECK(!zsock_send(f.server, f.last_peer + 12345, "x", 1));
    CHECK_INT(zsock_counts(f.server).unsent, 1);
    send_when_connected(big);
    uv_run(&f.loop, UV_RUN_DEFAULT); /* the client does not read while the server fills its queue */
    CHECK(!f.has_stalled);
    CHECK(f.n_at_server > 0 && f.n_at_server < 100000);
    CHECK_INT(zsock_counts(f.server).unsent, 2);
    close_fixture();
}

/* Speaks to the server by hand, as a peer that keeps to no rules. */
static void *raw_client(const char *id)
{
    static void *context;
    if (!context)
        context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_LINGER, &(int){ 5000 }, sizeof(int));
    if (*id)
        zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, strlen(id));
    CHECK_INT(zmq_connect(socket, f.address), 0);
    return socket;
}

static uint64_t refused_wanted;

static void on_look(uv_timer_t *timer)
{
    if (zsock_counts(f.server).refused >= refused_wanted)
        uv_stop(&f.loop);
}

TEST(several_frames_or_a_chosen_id_are_dropped_and_counted)
{
    open_fixture(&echo, &plain);
    void *parts = raw_client(""), *chosen = raw_client("me");
    for (int i = 0; i < 1000; i++)
        zmq_send(parts, "part", 4, ZMQ_SNDMORE);
    zmq_send(parts, "end", 3, 0);
    zmq_send(chosen, "hi", 2, 0);
    uv_timer_init(&f.loop, &ticker);
    uv_timer_start(&ticker, on_look, 0, 1);
    refused_wanted = 2;
    run_until(1);
    CHECK_INT(zsock_counts(f.server).refused, 2);
    CHECK_INT(f.n_at_server, 0);
    zmq_send(parts, "one", 3, 0); /* the peer that learns its manners is heard */
    send_when_connected("after");
    uv_timer_stop(&ticker);
    run_until(1);
    CHECK_TEXT(f.text, "after");
    uv_close((uv_handle_t *)&ticker, NULL);
    zmq_close(parts);
    zmq_close(chosen);
    close_fixture();
}

TEST(a_client_that_reconnects_is_a_new_peer)
{
    struct err e = { 0 };
    open_fixture(&echo, &plain);
    repeat_until_answered("first");
    uint64_t peer = f.last_peer;
    CHECK_INT(zsock_reconnect(f.client, &e), 0);
    while (f.last_peer == peer)
        repeat_until_answered("second");
    CHECK_TEXT(f.text, "second");
    close_fixture();
}

TEST(a_client_finds_a_server_that_starts_later)
{
    struct err e = { 0 };
    open_fixture(&echo, &plain);
    struct zsock *early = zsock_open(f.context, &f.loop, &plain, &e);
    char address[320];
    snprintf(address, sizeof address, "%s.later", f.address);
    CHECK_INT(zsock_connect(early, address, &e), 0);
    CHECK(!zsock_is_ready(early));
    CHECK(!zsock_send(early, 0, "x", 1)); /* nobody is there: an answer, not a wait */
    CHECK_INT(zsock_counts(early).unsent, 1);
    CHECK_INT(zsock_bind(f.server, address, &e), 0);
    zsock_close(f.client);
    f.client = early;
    repeat_until_answered("late");
    CHECK(zsock_is_ready(early));
    CHECK_TEXT(f.text, "late");
    close_fixture();
}

TEST(a_port_that_is_taken_is_said_so)
{
    struct err e = { 0 };
    open_fixture(&echo, &plain);
    CHECK_INT(zsock_bind(f.server, "tcp://127.0.0.1:0", &e), 0);
    struct zsock *other = zsock_open(f.context, &f.loop, &echo, &e);
    CHECK_INT(zsock_bind(other, zsock_last_address(f.server), &e), -1);
    CHECK_INT(e.code, ERR_BUSY);
    CHECK_CONTAINS(e.text, "listen on: tcp://127.0.0.1:");
    zsock_close(other);
    close_fixture();
}

TEST(a_bad_key_is_refused_and_a_good_one_taken)
{
    char public_key[41], secret_key[41], address[320];
    struct err e = { 0 };
    open_fixture(&echo, &plain);
    struct zsock_options options = plain;
    options.curve = &(struct zsock_curve){ .secret_key = "short" };
    CHECK(!zsock_open(f.context, &f.loop, &options, &e));
    CHECK_CONTAINS(e.text, "40 characters");
    zmq_curve_keypair(public_key, secret_key);
    options.curve = &(struct zsock_curve){ public_key, secret_key, public_key };
    struct zsock *locked = zsock_open(f.context, &f.loop, &options, &e);
    CHECK(locked != NULL);
    zsock_close(locked);
    snprintf(address, sizeof address, "%s.locked", f.address);
    CHECK_INT(zsock_bind_curve(f.server, address, "short", &e), -1);
    CHECK_INT(zsock_bind_curve(f.server, address, secret_key, &e), 0);
    close_fixture();
}

static void close_in_callback(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    zsock_send(f.server, peer, frame, len);
    zsock_close(f.server);
    zsock_close(f.server);
    f.server = NULL;
    f.n_at_server++;
    uv_stop(&f.loop);
}

TEST(a_socket_may_be_closed_by_its_own_callback)
{
    struct zsock_options server = { .kind = ZSOCK_SERVER, .on_message = close_in_callback, .on_drained = at_drained };
    open_fixture(&server, &plain);
    send_when_connected("x");
    run_until(1);
    CHECK_INT(f.n_at_server, 1);
    CHECK_INT(f.n_batches, 0);
    close_fixture();
}

TAP_MAIN
