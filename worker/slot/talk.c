#include "worker/slot/talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/limits.h"

#define READ_BYTES (64 << 10) /* of one turn of the loop */

/* ---- in ---- */

/* Returns false when there is nothing more at this moment, or at all: then t->is_over. */
static bool read_some(struct talk *t)
{
    char bytes[READ_BYTES];
    ssize_t n = recv(t->watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0)
        lines_take(&t->in, bytes, (size_t)n);
    else
        t->is_over = n == 0 || (errno != EAGAIN && errno != EINTR);
    return n > 0;
}

void talk_drain(struct talk *t)
{
    while (t->watch && !t->is_over && read_some(t))
        continue;
    lines_end(&t->in);
}

/* ---- out ---- */

static void write_some(struct talk *t)
{
    ssize_t n = t->out.len > 0 ? send(t->watch->fd, t->out.text, t->out.len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    if (n > 0) {
        memmove(t->out.text, t->out.text + n, t->out.len - (size_t)n);
        t->out.len -= (size_t)n;
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        str_clear(&t->out); /* the trial does not read any more */
    }
    if (t->out.len == 0 && t->is_ending)
        shutdown(t->watch->fd, SHUT_WR);
    watch_want(t->watch, UV_READABLE | (t->out.len > 0 ? UV_WRITABLE : 0));
}

static void on_ready(void *owner, int events)
{
    struct talk *t = owner;
    if (events & UV_WRITABLE)
        write_some(t);
    if (events & UV_READABLE)
        read_some(t);
    if (t->is_over)
        uv_poll_stop(&t->watch->poll); /* the supervisor tells the rest */
}

/* ---- life ---- */

void talk_open(struct talk *t, uv_loop_t *loop, int fd, void (*line)(void *, const char *, size_t), void *owner)
{
    *t = (struct talk){ .in = { .max = LIMIT_TRIAL_LINE, .line = line, .owner = owner } };
    t->watch = watch_open(loop, fd, on_ready, t);
}

void talk_say(struct talk *t, const char *text)
{
    if (!t->watch || t->is_ending || t->is_over)
        return;
    str_add(&t->out, text);
    write_some(t);
}

void talk_end(struct talk *t)
{
    if (!t->watch || t->is_ending || t->is_over)
        return;
    t->is_ending = true;
    write_some(t);
}

void talk_close(struct talk *t)
{
    watch_close(t->watch);
    lines_deinit(&t->in);
    str_deinit(&t->out);
    *t = (struct talk){ 0 };
}
