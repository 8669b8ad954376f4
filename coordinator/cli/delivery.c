#include "coordinator/cli/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/base/mem.h"
#include "common/io/blobs.h"
#include "common/io/bulk_client.h"
#include "common/io/known_hash.h"
#include "common/io/zsock.h"
#include "common/proto/cargo.h"
#include "common/proto/json.h"
#include "coordinator/cli/interrupt.h"

#define SILENCE_MS 15000 /* nobody answers: by then bulk_client has asked several times */
#define LOOK_MS 200

struct delivery {
    uv_loop_t loop;
    uv_timer_t timer;
    struct zcontext *context;
    struct zsock *socket;
    struct bulk_client *mover;
    struct blobs *blobs;
    struct cargo cargo;
    size_t n_left;
    uint64_t heard_ms;
    bool is_over;
    bool is_refused;
    enum zsock_refusal refusal;
    struct err failure;
    bool has_failed;
};

static void end(struct delivery *d, const struct err *failure)
{
    if (failure && !d->has_failed)
        d->failure = *failure;
    d->has_failed |= failure != NULL;
    d->is_over = true;
    uv_stop(&d->loop);
}

static void on_frame(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct delivery *d = context;
    struct message m = { 0 };
    d->heard_ms = uv_now(&d->loop);
    if (message_decode(frame, len, &m, NULL) == 0)
        bulk_client_take(d->mover, &m);
    message_deinit(&m);
}

static bool send_frame(void *context, const struct message *m)
{
    struct delivery *d = context;
    struct str frame = { 0 };
    bool is_sent = message_encode(m, &frame) && zsock_send(d->socket, 0, frame.text, frame.len);
    str_deinit(&frame);
    return is_sent;
}

static void on_refused(void *context, enum zsock_refusal why)
{
    struct delivery *d = context;
    d->is_refused = true;
    d->refusal = why;
    end(d, NULL);
}

static void on_put(void *context, const char *hash, const struct err *failure)
{
    struct delivery *d = context;
    if (failure || --d->n_left == 0)
        end(d, failure);
}

static void on_look(uv_timer_t *timer)
{
    struct delivery *d = timer->data;
    struct err e;
    if (interrupt_count() > 0) {
        err_set(&e, ERR_INTERRUPTED, "interrupted: the same command goes on from here");
        end(d, &e);
    } else if (uv_now(&d->loop) - d->heard_ms > SILENCE_MS) {
        err_set(
            &e, ERR_UNREACHABLE, "nobody takes the campaign's files: is rungd running, and its next port reachable?");
        end(d, &e);
    }
}

/* Fills in the cargo: none for a campaign that has no files here. */
static int read_cargo(struct delivery *d, const char *campaign, struct err *e)
{
    struct str text = { 0 };
    struct json_doc *doc = json_parse(campaign, strlen(campaign), e);
    json_value blobs = doc ? json_get(json_get(json_root(doc), "trial"), "blobs") : NULL;
    if (blobs)
        json_print(&text, blobs);
    int status = doc ? cargo_read(&d->cargo, text.text, e) : -1;
    str_deinit(&text);
    json_free(doc);
    return status;
}

static int open_blobs(struct delivery *d, struct err *e)
{
    struct str path = { 0 };
    known_hash_cache(&path, "/tmp/rung");
    str_add(&path, "/blobs");
    d->blobs = blobs_open(str_text(&path), e);
    str_deinit(&path);
    for (size_t i = 0; d->blobs && i < d->cargo.n; i++)
        blobs_lend(d->blobs, d->cargo.items[i].hash, d->cargo.items[i].path, d->cargo.items[i].bytes);
    return d->blobs ? 0 : -1;
}

static int open_socket(struct delivery *d, const struct address *to, const struct credential *credential, struct err *e)
{
    struct zsock_curve curve;
    const struct zsock_options options = { .kind = ZSOCK_CLIENT,
        .curve = credential_curve(credential, &curve),
        .on_message = on_frame,
        .on_refused = on_refused,
        .context = d };
    const struct bulk_client_options bulk = { .send = send_frame, .context = d };
    if (!(d->context = zcontext_open(e)) || !(d->socket = zsock_open(d->context, &d->loop, &options, e)) ||
        zsock_connect(d->socket, to->bulk, e) < 0)
        return -1;
    d->mover = bulk_client_open(&d->loop, d->blobs, &bulk);
    return 0;
}

static void say_begin(const struct delivery *d)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < d->cargo.n; i++)
        bytes += d->cargo.items[i].bytes;
    if (bytes >> 20 >= 64)
        fprintf(stderr, "rung: bringing %zu files, %lld MB, to the coordinator, unless it has them\n", d->cargo.n,
            (long long)bytes >> 20);
}

static int put_all(struct delivery *d, struct err *e)
{
    d->n_left = d->cargo.n;
    d->heard_ms = uv_now(&d->loop);
    say_begin(d);
    for (size_t i = 0; i < d->cargo.n; i++)
        bulk_client_put(d->mover, d->cargo.items[i].hash, on_put, d);
    uv_timer_start(&d->timer, on_look, LOOK_MS, LOOK_MS);
    while (!d->is_over)
        uv_run(&d->loop, UV_RUN_ONCE);
    if (d->has_failed)
        *e = d->failure;
    return d->has_failed ? -1 : 0;
}

static void close_all(struct delivery *d)
{
    bulk_client_close(d->mover);
    zsock_close(d->socket);
    uv_close((uv_handle_t *)&d->timer, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    uv_loop_close(&d->loop);
    zcontext_close(d->context);
    blobs_close(d->blobs);
    cargo_deinit(&d->cargo);
}

int delivery_put(const struct address *to, const struct credential *credential, const char *campaign, struct err *e)
{
    struct delivery *d = mem_zalloc(1, sizeof *d);
    uv_loop_init(&d->loop);
    uv_timer_init(&d->loop, &d->timer);
    d->timer.data = d;
    int status = to->kind == ADDRESS_IPC ? 0 : read_cargo(d, campaign, e);
    if (status == 0 && d->cargo.n > 0) {
        status = open_blobs(d, e) < 0 || open_socket(d, to, credential, e) < 0 ? -1 : put_all(d, e);
        if (d->is_refused)
            status = credential_explain(credential, to->text, d->refusal, e);
    }
    close_all(d);
    free(d);
    return status;
}
