#include "coordinator/cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/base/mem.h"
#include "common/io/address.h"
#include "common/io/system.h"
#include "common/io/zsock.h"

#define REPEAT_MS 1000 /* ask again after so long without an answer */
#define RETRY_MS 20    /* try again to send after so long while not connected */

struct client {
    uv_loop_t loop;
    uv_timer_t timer;
    struct zcontext *context;
    struct zsock *socket;
    char *address;
    int64_t patience_ms;

    /* The request that is being waited for. */
    uint64_t request;
    bool is_answered;
    struct message answer;

    struct credential credential; /* for messages: its secret is not kept */
    bool is_refused;
    enum zsock_refusal refusal;
};

/* Where each message of ours keeps the request's number. */
static uint64_t *request_of(struct message *m)
{
    /* clang-format off */
    const struct { enum message_type type; uint64_t *request; } rows[] = {
        { MESSAGE_SUBMIT,       &m->as.submit.request },
        { MESSAGE_SUBMITTED,    &m->as.submitted.request },
        { MESSAGE_STATUS,       &m->as.status.request },
        { MESSAGE_STATUS_REPLY, &m->as.status_reply.request },
        { MESSAGE_EVENTS,       &m->as.events.request },
        { MESSAGE_EVENTS_REPLY, &m->as.events_reply.request },
        { MESSAGE_CONTROL,      &m->as.control.request },
        { MESSAGE_DRAIN,        &m->as.drain.request },
        { MESSAGE_IMPORT,       &m->as.import.request },
        { MESSAGE_IMPORTED,     &m->as.imported.request },
        { MESSAGE_GC,           &m->as.gc.request },
        { MESSAGE_GC_DONE,      &m->as.gc_done.request },
        { MESSAGE_REMOVE,       &m->as.remove.request },
        { MESSAGE_DONE,         &m->as.done.request },
        { MESSAGE_ERROR,        &m->as.error.request },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == m->type)
            return rows[i].request;
    return NULL;
}

/* Said without having read what was asked: this key is not let in any more, or speaks another protocol. */
static bool is_refusal_of_all(const struct message *m)
{
    return m->type == MESSAGE_ERROR && m->as.error.request == 0 && str_equal(m->as.error.code, "refused");
}

static void on_message(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct client *c = context;
    struct message m = { 0 };
    if (c->is_answered || message_decode(frame, len, &m, NULL) < 0)
        return;
    const uint64_t *request = request_of(&m);
    if (!request || (*request != c->request && !is_refusal_of_all(&m))) {
        message_deinit(&m); /* of an earlier request that was answered twice, or too late */
        return;
    }
    c->answer = m;
    c->is_answered = true;
}

static void on_refused(void *context, enum zsock_refusal why)
{
    struct client *c = context;
    c->is_refused = true;
    c->refusal = why;
}

static void on_timer(uv_timer_t *timer) {}

struct client *client_open(const char *address, const struct credential *credential, struct err *e)
{
    struct address place;
    if (address_parse(address, &place, e) < 0 || address_check_awaited(&place, e) < 0)
        return NULL;
    struct client *c = mem_zalloc(1, sizeof *c);
    c->patience_ms = CLIENT_PATIENCE_MS;
    c->address = mem_strdup(address);
    uv_loop_init(&c->loop);
    uv_timer_init(&c->loop, &c->timer);
    struct zsock_curve curve;
    const struct zsock_options options = { .kind = ZSOCK_CLIENT,
        .curve = credential_curve(credential, &curve),
        .on_message = on_message,
        .on_refused = on_refused,
        .context = c };
    if (credential)
        c->credential = *credential;
    credential_wipe(&c->credential);
    if (!(c->context = zcontext_open(e)) || !(c->socket = zsock_open(c->context, &c->loop, &options, e)) ||
        zsock_connect(c->socket, address, e) < 0) {
        client_close(c);
        return NULL;
    }
    return c;
}

void client_close(struct client *c)
{
    if (!c)
        return;
    zsock_close(c->socket);
    uv_close((uv_handle_t *)&c->timer, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    uv_loop_close(&c->loop);
    zcontext_close(c->context);
    message_deinit(&c->answer);
    free(c->address);
    free(c);
}

void client_set_patience(struct client *c, int64_t milliseconds)
{
    c->patience_ms = milliseconds;
}

/* Sends the frame now and then until an answer came or the patience is at its end. */
static void ask_until_answered(struct client *c, const struct str *frame)
{
    int64_t now_ms = system_monotonic_ms(), end_ms = now_ms + c->patience_ms, send_ms = now_ms;
    while (!c->is_answered && !c->is_refused && now_ms < end_ms) {
        if (now_ms >= send_ms)
            send_ms = now_ms + (zsock_send(c->socket, 0, frame->text, frame->len) ? REPEAT_MS : RETRY_MS);
        int64_t wait_ms = (send_ms < end_ms ? send_ms : end_ms) - now_ms;
        /* Repeating: libuv runs a timer that is due before it waits, and would then wait for nothing. */
        uv_timer_start(&c->timer, on_timer, (uint64_t)wait_ms, (uint64_t)wait_ms + 1);
        uv_run(&c->loop, UV_RUN_ONCE);
        uv_timer_stop(&c->timer);
        now_ms = system_monotonic_ms();
    }
}

static enum err_code code_of(const char *name)
{
    for (enum err_code code = ERR_NONE + 1; code < ERR_N_CODES; code++)
        if (strcmp(err_code_name(code), name) == 0)
            return code;
    return ERR_REFUSED;
}

/* Asks `m`, and leaves the answer of that type in c->answer. */
static int request(struct client *c, struct message *m, enum message_type wanted, struct err *e)
{
    message_deinit(&c->answer);
    c->is_answered = c->is_refused = false;
    c->request = *request_of(m) = system_random_id();
    struct str frame = { 0 };
    if (!message_encode(m, &frame))
        return err_set(e, ERR_LIMIT, "it is too large for one message (%d bytes)", LIMIT_FRAME);
    ask_until_answered(c, &frame);
    str_deinit(&frame);
    if (!c->is_answered && c->is_refused)
        return credential_explain(&c->credential, c->address, c->refusal, e);
    if (!c->is_answered)
        return err_set(e, ERR_UNREACHABLE, "nobody answers at %s: is rungd running?", c->address);
    if (is_refusal_of_all(&c->answer))
        return err_set(e, ERR_REFUSED, "%s (so the coordinator at %s answers to rung %s)", c->answer.as.error.text,
            c->address, RUNG_VERSION);
    if (c->answer.type == MESSAGE_ERROR)
        return err_set(e, code_of(c->answer.as.error.code), "%s", c->answer.as.error.text);
    if (c->answer.type != wanted)
        return err_set(e, ERR_INVALID, "the coordinator at %s answers %s with %s", c->address, message_name(m->type),
            message_name(c->answer.type));
    return 0;
}

int client_submit(struct client *c, const char *file, struct client_submitted *out, struct err *e)
{
    struct message m = { .type = MESSAGE_SUBMIT, .as.submit = { .file = file } };
    if (request(c, &m, MESSAGE_SUBMITTED, e) < 0)
        return -1;
    str_copy(out->campaign, sizeof out->campaign, c->answer.as.submitted.campaign);
    str_copy(out->state, sizeof out->state, c->answer.as.submitted.state);
    out->is_new = c->answer.as.submitted.is_new;
    return 0;
}

int client_status(struct client *c, const char *campaign, struct str *json, struct err *e)
{
    struct message m = { .type = MESSAGE_STATUS, .as.status = { .campaign = campaign } };
    if (request(c, &m, MESSAGE_STATUS_REPLY, e) < 0)
        return -1;
    str_clear(json);
    str_add(json, c->answer.as.status_reply.status);
    return 0;
}

const struct message_events_reply *client_events(struct client *c, const char *campaign, uint64_t since, struct err *e)
{
    struct message m = { .type = MESSAGE_EVENTS, .as.events = { .campaign = campaign, .since = since } };
    return request(c, &m, MESSAGE_EVENTS_REPLY, e) < 0 ? NULL : &c->answer.as.events_reply;
}

int client_control(struct client *c, const struct message_control *ask, struct client_done *out, struct err *e)
{
    struct message m = { .type = MESSAGE_CONTROL, .as.control = *ask };
    if (request(c, &m, MESSAGE_DONE, e) < 0)
        return -1;
    const struct message_done *done = &c->answer.as.done;
    if (out)
        *out = (struct client_done){ 0 };
    if (out && done->state)
        str_copy(out->state, sizeof out->state, done->state);
    if (out && done->text)
        snprintf(out->text, sizeof out->text, "%s", done->text);
    return 0;
}

int client_drain(struct client *c, const char *worker, const char *who, struct err *e)
{
    struct message m = { .type = MESSAGE_DRAIN, .as.drain = { .worker = worker, .who = who } };
    return request(c, &m, MESSAGE_DONE, e);
}

int client_import(struct client *c, const char *campaign, const char *source, const struct record_import_point *points,
    size_t n, struct client_import *out, struct err *e)
{
    struct message m = { .type = MESSAGE_IMPORT };
    m.as.import = (struct message_import){ .campaign = campaign, .source = source, .n_points = n };
    m.as.import.points = (struct record_import_point *)(uintptr_t)points;
    if (request(c, &m, MESSAGE_IMPORTED, e) < 0)
        return -1;
    const struct message_imported *answer = &c->answer.as.imported;
    *out = (struct client_import){ answer->taken, answer->known, answer->low };
    return 0;
}

int client_gc(struct client *c, const struct message_gc *ask, struct message_gc_done *out, struct err *e)
{
    struct message m = { .type = MESSAGE_GC, .as.gc = *ask };
    if (request(c, &m, MESSAGE_GC_DONE, e) < 0)
        return -1;
    *out = c->answer.as.gc_done;
    return 0;
}

int client_remove(struct client *c, const char *campaign, struct err *e)
{
    struct message m = { .type = MESSAGE_REMOVE, .as.remove = { .campaign = campaign } };
    return request(c, &m, MESSAGE_DONE, e);
}
