#include "worker/train/run/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

struct channel {
    int fd;
    struct str received; /* what came and was not yet taken */
};

struct channel *channel_open(int fd)
{
    struct channel *c = mem_zalloc(1, sizeof *c);
    c->fd = fd;
    return c;
}

void channel_close(struct channel *c)
{
    if (!c)
        return;
    close(c->fd);
    str_deinit(&c->received);
    free(c);
}

/* Takes the first whole line out of what was received. */
static int take_line(struct channel *c, struct json_doc **doc, struct err *e)
{
    const char *end = c->received.len ? memchr(c->received.text, '\n', c->received.len) : NULL;
    if (!end)
        return c->received.len > LIMIT_TRIAL_LINE
                   ? err_set(e, ERR_LIMIT, "a line on RUNG_FD has more than %d bytes", LIMIT_TRIAL_LINE)
                   : CHANNEL_NONE;
    size_t len = (size_t)(end - c->received.text);
    struct json_doc *read = json_parse(c->received.text, len, e);
    if (read && json_type(json_root(read)) != JSON_OBJECT) {
        err_set(e, ERR_INVALID, "an object is expected, not %s", json_type_name(json_root(read)));
        json_free(read);
        read = NULL;
    }
    struct str rest = { 0 };
    str_add_bytes(&rest, end + 1, c->received.len - len - 1);
    str_deinit(&c->received);
    c->received = rest;
    *doc = read;
    return read ? CHANNEL_GOT : err_prefix(e, "a line on RUNG_FD");
}

/* Until the socket can be read or written, or a signal comes. The descriptor may be in either mode: the agent made it.
 */
static void wait_until(struct channel *c, short events)
{
    struct pollfd p = { .fd = c->fd, .events = events };
    poll(&p, 1, -1);
}

static int receive(struct channel *c, bool may_wait, struct err *e)
{
    char piece[4096];
    if (may_wait)
        wait_until(c, POLLIN);
    ssize_t n = recv(c->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return may_wait ? CHANNEL_GOT : CHANNEL_NONE; /* got nothing, but may ask again */
    if (n < 0 && errno != ECONNRESET)
        return err_set_errno(e, "read RUNG_FD");
    if (n <= 0)
        return CHANNEL_END;
    str_add_bytes(&c->received, piece, (size_t)n);
    return CHANNEL_GOT;
}

static int next_line(struct channel *c, bool may_wait, struct json_doc **doc, struct err *e)
{
    for (;;) {
        int got = take_line(c, doc, e);
        if (got != CHANNEL_NONE)
            return got;
        got = receive(c, may_wait, e);
        if (got != CHANNEL_GOT)
            return got;
    }
}

int channel_wait(struct channel *c, struct json_doc **doc, struct err *e)
{
    return next_line(c, true, doc, e);
}

int channel_poll(struct channel *c, struct json_doc **doc, struct err *e)
{
    return next_line(c, false, doc, e);
}

int channel_say(struct channel *c, struct str *line, struct err *e)
{
    str_add_char(line, '\n');
    int result = 0;
    for (size_t done = 0; done < line->len && result == 0;) {
        ssize_t n = send(c->fd, line->text + done, line->len - done, MSG_NOSIGNAL);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EPIPE || errno == ECONNRESET)
            result = err_set(e, ERR_UNREACHABLE, "the agent is gone");
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            wait_until(c, POLLOUT);
        else if (errno != EINTR)
            result = err_set_errno(e, "write RUNG_FD");
    }
    str_deinit(line);
    return result;
}
