#include "coordinator/ask/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WORTH_BYTES (64 << 10)

void sink_open(struct sink *s, FILE *out)
{
    *s = (struct sink){ .out = out };
}

/* Of a pipe that is ready, PIPE_BUF bytes never wait. */
static bool is_ready(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLOUT | POLLERR));
}

int sink_offer(struct sink *s, struct err *e)
{
    int fd = fileno(s->out);
    if (fd < 0 || s->text.len - s->written < WORTH_BYTES)
        return 0;
    if (fflush(s->out) != 0)
        return err_set_errno(e, "write the answer");
    while (s->written < s->text.len && is_ready(fd)) {
        size_t left = s->text.len - s->written;
        ssize_t n = write(fd, s->text.text + s->written, left < PIPE_BUF ? left : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return err_set_errno(e, "write the answer");
        s->written += n > 0 ? (size_t)n : 0;
    }
    if (s->written == s->text.len) {
        str_clear(&s->text);
        s->written = 0;
    }
    return 0;
}

int sink_close(struct sink *s, int status, struct err *e)
{
    size_t left = s->text.len - s->written;
    if (status >= 0 && left && fwrite(s->text.text + s->written, 1, left, s->out) != left)
        status = err_set_errno(e, "write the answer");
    if (status >= 0 && fflush(s->out) != 0)
        status = err_set_errno(e, "write the answer");
    str_deinit(&s->text);
    return status;
}
