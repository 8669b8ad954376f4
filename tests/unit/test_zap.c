#include "common/io/zap.h"

#include "common/io/key.h"
#include "tests/tap.h"

/* A server with a key on a free port, a handler that lets in one key, and a client, on one loop. A test that hangs
 * fails after 60 s. */
static struct fixture {
    uv_loop_t loop;
    uv_timer_t watchdog, repeat;
    struct zcontext *context;
    struct zap *zap;
    struct zsock *server, *client;
    struct key server_key, guest, stranger;
    const char *allowed; /* a public key; NULL: nobody's */
    bool has_stalled, is_refused;
    enum zsock_refusal refusal;
    int n_at_server, n_at_client, n_asked;
    char user[KEY_TEXT]; /* of the last message at the server */
} f;

static void on_watchdog(uv_timer_t *timer)
{
    f.has_stalled = true;
    uv_stop(&f.loop);
}

static bool judge(void *context, const char *public_key, const char *address)
{
    f.n_asked++;
    return f.allowed && strcmp(public_key, f.allowed) == 0;
}

static void at_server(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    f.n_at_server++;
    snprintf(f.user, sizeof f.user, "%s", user);
    zsock_send(f.server, peer, frame, len);
}

static void at_client(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    f.n_at_client++;
    uv_stop(&f.loop);
}

static void on_refused(void *context, enum zsock_refusal why)
{
    f.is_refused = true;
    f.refusal = why;
    uv_stop(&f.loop);
}

static void open_server(bool has_handler, bool is_guarded)
{
    struct err e = { 0 };
    memset(&f, 0, sizeof f);
    uv_loop_init(&f.loop);
    uv_timer_init(&f.loop, &f.watchdog);
    uv_timer_init(&f.loop, &f.repeat);
    uv_timer_start(&f.watchdog, on_watchdog, 60000, 0);
    key_make(&f.server_key, "server", ROLE_SERVER, &e);
    key_make(&f.guest, "guest", ROLE_WORKER, &e);
    key_make(&f.stranger, "stranger", ROLE_WORKER, &e);
    f.allowed = f.guest.public_key;
    f.context = zcontext_open(&e);
    if (has_handler)
        f.zap = zap_open(f.context, &f.loop, judge, NULL, &e);
    f.server =
        zsock_open(f.context, &f.loop, &(struct zsock_options){ .kind = ZSOCK_SERVER, .on_message = at_server }, &e);
    if (!f.server || (is_guarded ? zsock_bind_curve(f.server, "tcp://127.0.0.1:*", f.server_key.secret_key, &e)
                                 : zsock_bind(f.server, "tcp://127.0.0.1:*", &e)) < 0)
        TAP_FAIL("%s", e.text);
}

/* Connects with this key, or with NULL in the clear, expecting that public key. */
static void open_client(const struct key *k, const char *server_key)
{
    struct err e = { 0 };
    struct zsock_curve curve = { k ? k->public_key : NULL, k ? k->secret_key : NULL, server_key };
    f.client = zsock_open(f.context, &f.loop,
        &(struct zsock_options){
            .kind = ZSOCK_CLIENT, .curve = k ? &curve : NULL, .on_message = at_client, .on_refused = on_refused },
        &e);
    if (!f.client || zsock_connect(f.client, zsock_last_address(f.server), &e) < 0)
        TAP_FAIL("%s", e.text);
}

static void on_repeat(uv_timer_t *timer)
{
    zsock_send(f.client, 0, "hello", 5); /* goes once there is a connection, and never where there is none */
}

/* Until the client was answered, or told that it is not let in. */
static void run(void)
{
    uv_timer_start(&f.repeat, on_repeat, 0, 5);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    uv_timer_stop(&f.repeat);
    if (f.has_stalled)
        TAP_FAIL("neither answered nor refused");
}

static void close_all(void)
{
    zsock_close(f.client);
    zsock_close(f.server);
    zap_close(f.zap);
    uv_close((uv_handle_t *)&f.watchdog, NULL);
    uv_close((uv_handle_t *)&f.repeat, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&f.loop), 0);
    zcontext_close(f.context);
}

TEST(a_key_that_is_let_in_is_known_by_each_of_its_messages)
{
    open_server(true, true);
    open_client(&f.guest, f.server_key.public_key);
    run();
    CHECK_TEXT(f.user, f.guest.public_key);
    CHECK(!f.is_refused);
    close_all();
}

static void check_refused(enum zsock_refusal why)
{
    CHECK(f.is_refused);
    CHECK_INT(f.refusal, why);
    CHECK_INT(f.n_at_server, 0); /* not one byte of it */
    CHECK_INT(f.n_at_client, 0);
}

TEST(a_stranger_is_told_so_and_not_heard)
{
    open_server(true, true);
    open_client(&f.stranger, f.server_key.public_key);
    run();
    check_refused(ZSOCK_NOT_LET_IN);
    CHECK(f.n_asked > 0);
    close_all();
}

TEST(a_client_that_expects_another_server_is_told_so_and_not_heard)
{
    open_server(true, true);
    open_client(&f.guest, f.stranger.public_key);
    run();
    check_refused(ZSOCK_BROKEN_OFF);
    CHECK_INT(f.n_asked, 0);
    close_all();
}

TEST(a_plain_client_is_told_so_and_not_heard)
{
    open_server(true, true);
    open_client(NULL, NULL);
    run();
    CHECK(f.is_refused && f.refusal != ZSOCK_NOT_LET_IN);
    CHECK_INT(f.n_at_server, 0);
    close_all();
}

TEST(a_client_with_a_key_is_told_that_a_plain_server_takes_none)
{
    open_server(true, false);
    open_client(&f.guest, f.server_key.public_key);
    run();
    CHECK(f.is_refused && f.refusal != ZSOCK_NOT_LET_IN);
    CHECK_INT(f.n_at_server, 0);
    close_all();
}

TEST(without_a_handler_nobody_gets_in)
{
    open_server(false, true);
    open_client(&f.guest, f.server_key.public_key);
    run();
    CHECK(f.is_refused);
    CHECK_INT(f.n_at_server, 0);
    close_all();
}

TEST(who_is_let_in_later_needs_no_restart)
{
    struct err e = { 0 };
    open_server(true, true);
    f.allowed = NULL;
    open_client(&f.guest, f.server_key.public_key);
    run();
    check_refused(ZSOCK_NOT_LET_IN);
    f.allowed = f.guest.public_key;
    CHECK_INT(zsock_reconnect(f.client, &e), 0);
    run();
    CHECK_TEXT(f.user, f.guest.public_key);
    close_all();
}

TEST(one_server_takes_plain_and_guarded_addresses_side_by_side)
{
    struct err e = { 0 };
    open_server(true, false);
    CHECK_INT(zsock_bind_curve(f.server, "tcp://127.0.0.1:*", f.server_key.secret_key, &e), 0);
    open_client(NULL, NULL);
    run(); /* to the guarded one */
    CHECK(f.is_refused);
    CHECK_INT(f.n_at_server, 0);
    zsock_close(f.client);
    f.is_refused = false;
    open_client(&f.guest, f.server_key.public_key);
    run();
    CHECK_TEXT(f.user, f.guest.public_key);
    close_all();
}

TEST(a_second_handler_is_refused)
{
    struct err e = { 0 };
    open_server(true, true);
    CHECK(!zap_open(f.context, &f.loop, judge, NULL, &e));
    CHECK_INT(e.code, ERR_BUSY);
    close_all();
}

TAP_MAIN
