#include "worker/slot/order.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/str.h"

struct header {
    uint32_t kind, n_argv, n_environment;
    int64_t memory_bytes;
};

/* ---- orders ---- */

static uint32_t add_words(struct str *packet, const char *const *words)
{
    uint32_t n = 0;
    for (; words[n]; n++)
        str_add_bytes(packet, words[n], strlen(words[n]) + 1);
    return n;
}

static uint32_t count_words(const char *const *words)
{
    uint32_t n = 0;
    while (words[n])
        n++;
    return n;
}

static int send_packet(int channel, const void *bytes, size_t len, const int *descriptors, struct err *e)
{
    char control[CMSG_SPACE(sizeof(int) * ORDER_N_DESCRIPTORS)] = { 0 };
    struct iovec piece = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
    struct msghdr m = { .msg_iov = &piece, .msg_iovlen = 1 };
    if (descriptors) {
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * ORDER_N_DESCRIPTORS);
        memcpy(CMSG_DATA(c), descriptors, sizeof(int) * ORDER_N_DESCRIPTORS);
    }
    ssize_t n;
    do
        n = sendmsg(channel, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? err_set_errno(e, "send an order to the supervisor") : 0;
}

int order_send_start(
    int channel, const struct slot_program *program, const int descriptors[ORDER_N_DESCRIPTORS], struct err *e)
{
    struct header h = { .kind = ORDER_START,
        .n_argv = count_words(program->argv),
        .n_environment = count_words(program->environment),
        .memory_bytes = program->memory_bytes };
    struct str packet = { 0 };
    str_add_bytes(&packet, &h, sizeof h);
    str_add_bytes(&packet, program->directory, strlen(program->directory) + 1);
    add_words(&packet, program->argv);
    add_words(&packet, program->environment);
    int r;
    if (h.n_argv + h.n_environment > ORDER_WORDS || packet.len > ORDER_BYTES)
        r = err_set(e, ERR_LIMIT, "the command has more than %d words, or %d bytes", ORDER_WORDS, ORDER_BYTES);
    else
        r = send_packet(channel, packet.text, packet.len, descriptors, e);
    str_deinit(&packet);
    return r;
}

int order_send(int channel, enum order_kind kind, struct err *e)
{
    struct header h = { .kind = kind };
    return send_packet(channel, &h, sizeof h, NULL, e);
}

/* ---- taking them ---- */

static void take_descriptors(struct msghdr *m, int *descriptors)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(descriptors, CMSG_DATA(c), sizeof(int) * ORDER_N_DESCRIPTORS);
}

/* The next string of the packet, or NULL when it does not end inside. */
static char *next_word(struct order *o, size_t len, size_t *at)
{
    char *word = o->packet + *at;
    const char *end = *at < len ? memchr(word, 0, len - *at) : NULL;
    if (!end)
        return NULL;
    *at += (size_t)(end - word) + 1;
    return word;
}

static bool take_words(struct order *o, size_t len, size_t *at, uint32_t n, char **words)
{
    if (n > ORDER_WORDS)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!(words[i] = next_word(o, len, at)))
            return false;
    words[n] = NULL;
    return true;
}

static int take_start(struct order *o, size_t len, struct err *e)
{
    struct header h;
    size_t at = sizeof h;
    if (len < sizeof h)
        return err_set(e, ERR_CORRUPT, "an order of %zu bytes", len);
    memcpy(&h, o->packet, sizeof h);
    o->kind = (enum order_kind)h.kind;
    o->memory_bytes = h.memory_bytes;
    if (h.kind != ORDER_START)
        return 0;
    o->directory = next_word(o, len, &at);
    if (!o->directory || !take_words(o, len, &at, h.n_argv, o->argv) ||
        !take_words(o, len, &at, h.n_environment, o->environment))
        return err_set(e, ERR_CORRUPT, "an order that is cut short");
    return 0;
}

int order_receive(int channel, struct order *out, struct err *e)
{
    char control[CMSG_SPACE(sizeof(int) * ORDER_N_DESCRIPTORS)];
    struct iovec piece = { .iov_base = out->packet, .iov_len = sizeof out->packet };
    struct msghdr m = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n;
    do
        n = recvmsg(channel, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    if (n < 0)
        return err_set_errno(e, "wait for an order");
    for (int i = 0; i < ORDER_N_DESCRIPTORS; i++)
        out->descriptors[i] = -1;
    take_descriptors(&m, out->descriptors);
    return take_start(out, (size_t)n, e) < 0 ? -1 : 1;
}

/* ---- reports ---- */

int report_send(int channel, const struct report *report, struct err *e)
{
    return send_packet(channel, report, sizeof *report, NULL, e);
}

int report_receive(int channel, struct report *out)
{
    ssize_t n;
    do
        n = recv(channel, out, sizeof *out, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? -1 : 0;
    return n == sizeof *out;
}
