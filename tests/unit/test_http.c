/* What a connection may not do: be silent, or ask too slowly. The rest is in tests/e2e/test_web.py. */
#include "coordinator/web/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/tap.h"

static uv_loop_t loop;
static struct http *http;
static struct http_call *held; /* asked, and not answered yet */

static void hold(void *context, struct http_call *call)
{
    held = call;
}

static void open_server(unsigned request_ms, unsigned silence_s)
{
    struct err e = { 0 };
    struct http_options options = { .address = "127.0.0.1:0",
        .connections = 4,
        .max_body = 100,
        .request_ms = request_ms,
        .silence_s = silence_s,
        .take = hold };
    held = NULL;
    uv_loop_init(&loop);
    http = http_open(&loop, &options, &e);
    if (!http)
        TAP_FAIL("%s", e.text);
}

static void close_server(void)
{
    http_close(http);
    while (uv_run(&loop, UV_RUN_DEFAULT))
        ;
    CHECK_INT(uv_loop_close(&loop), 0);
}

static int connect_client(void)
{
    const char *port = strrchr(http_address(http), ':') + 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Lets the server work for a moment. */
static void turn(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    usleep(5000);
}

static uint64_t seconds_from_now(uint64_t seconds)
{
    return uv_hrtime() + seconds * 1000000000u;
}

/* Whether the other side has closed; what it said before is dropped. */
static bool is_closed(int fd)
{
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void wait_until_closed(int fd, const char *drip)
{
    uint64_t end = seconds_from_now(60);
    while (!is_closed(fd)) {
        if (uv_hrtime() > end)
            TAP_FAIL("after a minute it is still open");
        if (drip)
            send(fd, drip, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        turn();
    }
}

TEST(a_connection_that_says_nothing_is_closed)
{
    open_server(0, 1);
    int fd = connect_client();
    wait_until_closed(fd, NULL);
    close(fd);
    close_server();
}

TEST(a_request_that_comes_byte_by_byte_is_cut_off)
{
    static const char begin[] = "GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ";
    open_server(300, 600);
    int fd = connect_client();
    CHECK_INT(send(fd, begin, sizeof begin - 1, MSG_NOSIGNAL), sizeof begin - 1);
    wait_until_closed(fd, "a");
    CHECK(!held);
    close(fd);
    close_server();
}

TEST(whoever_waits_for_an_answer_is_not_closed)
{
    static const char request[] = "GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    char answer[64] = "";
    open_server(300, 1);
    int fd = connect_client();
    CHECK_INT(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
    for (uint64_t end = seconds_from_now(60); !held && uv_hrtime() < end;)
        turn();
    CHECK(held);
    for (uint64_t end = seconds_from_now(3); uv_hrtime() < end;)
        turn();
    http_answer(held, &(struct http_answer){ .status = 200, .type = "text/plain", .fixed = "x", .fixed_len = 1 });
    ssize_t n = 0;
    for (uint64_t end = seconds_from_now(60); n <= 0 && uv_hrtime() < end; turn())
        n = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);
    CHECK(strncmp(answer, "HTTP/1.1 200", 12) == 0);
    close(fd);
    close_server();
}

TAP_MAIN
