#include "coordinator/app.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "common/base/kill_point.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/io/blobs.h"
#include "common/io/bulk_server.h"
#include "common/io/files.h"
#include "common/io/notify.h"
#include "common/io/system.h"
#include "common/io/zsock.h"
#include "common/proto/message.h"
#include "coordinator/backups.h"
#include "coordinator/store/store.h"
#include "coordinator/turn.h"
#include "coordinator/web/http.h"
#include "coordinator/web/metrics.h"
#include "coordinator/web/web.h"

#define TICK_MS 250
#define TURN_MS 8 /* of messages in one transaction: an fsync, and the pages that many rows share, cost so much */
#define METRICS_PATH "/metrics"
#define WEB_PEER UINT64_MAX /* who asks over HTTP; zsock counts its peers from 1 */
#define PARTIAL_MS                                                                                                     \
    (INT64_C(24) * 3600 * 1000)               /* an upload that nobody went on with for so long is removed at start    \
                                               */
#define BLOB_FLOOR_BYTES (INT64_C(256) << 20) /* of the disk that blobs leave free, or 5 % of a small one */

struct app {
    const struct app_options *options;
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t signals[2];
    struct store *store;
    struct blobs *blobs;
    struct bulk_server *bulk_server;
    struct turn *turn;
    struct zcontext *zcontext;
    struct gate *gate;
    struct zsock *control, *bulk;
    int64_t blob_floor_bytes;
    struct backups backups;
    struct http *http;
    struct metrics metrics;
    struct notify_watchdog watchdog;
    int64_t busy_ms; /* monotonic: when a campaign last went on */
    struct web *web;
    struct str *web_answer;     /* where what is sent to WEB_PEER goes */
    uint64_t turn_ns, n_frames; /* of the turn that is going on: when its first frame came */
};

/* ---- control ---- */

static void put_frame(struct zsock *z, uint64_t peer, const struct message *m)
{
    struct str frame = { 0 };
    if (message_encode(m, &frame))
        zsock_send(z, peer, frame.text, frame.len);
    str_deinit(&frame);
}

static void on_control(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    static const struct message revoked = { .type = MESSAGE_ERROR,
        .as.error = { .code = "refused", .text = "not authorised: this key is not let in any more" } };
    struct app *a = context;
    struct sender from;
    if (!gate_admit(a->gate, peer, user, &from)) {
        put_frame(a->control, peer, &revoked);
        return;
    }
    if (a->n_frames++ == 0)
        a->turn_ns = uv_hrtime();
    turn_take(a->turn, &from, frame, len);
}

static void on_control_drained(void *context)
{
    struct app *a = context;
    turn_end(a->turn);
    if (a->n_frames)
        metrics_note_turn(&a->metrics, a->n_frames, (double)(uv_hrtime() - a->turn_ns) / 1e9);
    a->n_frames = 0;
}

static void send_control(void *context, uint64_t peer, const void *frame, size_t len)
{
    struct app *a = context;
    if (peer != WEB_PEER)
        zsock_send(a->control, peer, frame, len);
    else if (a->web_answer)
        str_add_bytes(a->web_answer, frame, len);
}

static bool is_let_in(void *context, const char *public_key)
{
    struct app *a = context;
    struct sender owner;
    return gate_admit(a->gate, 0, public_key, &owner);
}

/* ---- bulk ---- */

static void reply_bulk(void *context, uint64_t peer, const struct message *m)
{
    struct app *a = context;
    put_frame(a->bulk, peer, m);
}

static void on_blob_stored(void *context, const char *hash, int64_t size)
{
    struct app *a = context;
    KILL_POINT("blob.unlisted");
    struct hub_event event = { .kind = HUB_BLOB };
    str_copy(event.as.blob.hash, sizeof event.as.blob.hash, hash);
    event.as.blob.size = size;
    turn_event(a->turn, &event);
    turn_end(a->turn);
}

static void on_blob_lost(void *context, const char *hash)
{
    struct app *a = context;
    struct hub_event event = { .kind = HUB_BLOB_LOST };
    log_error("blob %.12s is missing or damaged: trials that need it begin again; if damaged, it lies in %s/damaged",
        hash, blobs_dir(a->blobs));
    str_copy(event.as.blob.hash, sizeof event.as.blob.hash, hash);
    turn_event(a->turn, &event);
    turn_end(a->turn);
}

static void on_bulk(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct app *a = context;
    struct message m = { 0 };
    struct sender from;
    struct err e = { 0 };
    if (!gate_admit(a->gate, peer, user, &from))
        return; /* the control socket tells them why */
    if (message_decode(frame, len, &m, &e) == 0 && (m.type == MESSAGE_BLOB_PUT || m.type == MESSAGE_BLOB_GET) &&
        role_check(from.role, m.type, &e) == 0)
        bulk_server_take(a->bulk_server, peer, &m);
    else
        log_warn("a frame of %zu bytes was refused on the bulk socket: %s", len, e.text);
    message_deinit(&m);
}

/* ---- metrics ---- */

static int64_t size_of(const struct app *a, const char *name)
{
    struct str path = { 0 };
    struct stat st;
    str_addf(&path, "%s/%s", a->options->store_dir, name);
    int64_t size = stat(str_text(&path), &st) == 0 ? st.st_size : 0;
    str_deinit(&path);
    return size;
}

static void put_metrics(struct app *a, struct str *body)
{
    a->metrics.n_commits = store_n_commits(a->store);
    a->metrics.database_bytes = size_of(a, "rung.db");
    a->metrics.wal_bytes = size_of(a, "rung.db-wal");
    metrics_put(&a->metrics, turn_hub(a->turn), system_monotonic_ms(), body);
}

static void on_metrics(void *context, struct http_call *call)
{
    struct app *a = context;
    bool is_read = str_equal(http_method(call), "GET") || str_equal(http_method(call), "HEAD");
    bool is_found = is_read && str_equal(http_target(call), METRICS_PATH);
    struct http_answer answer = { .status = is_found  ? 200
                                            : is_read ? 404
                                                      : 405,
        .type = is_found ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain",
        .headers = {
            "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff", is_read ? NULL : "Allow", "GET, HEAD" } };
    if (is_found)
        put_metrics(a, &answer.body);
    else
        str_add(&answer.body, is_read ? "only " METRICS_PATH " is here\n" : "GET " METRICS_PATH " is all there is\n");
    http_answer(call, &answer);
}

static int open_metrics(struct app *a, struct err *e)
{
    const struct http_options options = {
        .address = a->options->metrics,
        .connections = 16,
        .take = on_metrics,
        .context = a,
    };
    if (!options.address)
        return 0;
    a->http = http_open(&a->loop, &options, e);
    if (a->http)
        log_info("metrics at http://%s" METRICS_PATH, http_address(a->http));
    return a->http ? 0 : -1;
}

/* ---- the page ---- */

static const struct hub *hub_of(void *context)
{
    const struct app *a = context;
    return turn_hub(a->turn);
}

static void describe_trouble(void *context, struct str *out)
{
    const struct app *a = context;
    turn_describe_trouble(a->turn, out);
}

/* A turn of its own: what it does is on disk before it is answered. */
static void exchange(void *context, const void *frame, size_t len, struct str *answer)
{
    static const struct sender operator= { .peer = WEB_PEER, .role = ROLE_OPERATOR };
    struct app *a = context;
    a->web_answer = answer;
    turn_take(a->turn, &operator, frame, len);
    turn_end(a->turn);
    a->web_answer = NULL;
}

static int open_web(struct app *a, struct err *e)
{
    const struct web_options options = {
        .store = a->options->store_dir,
        .address = a->options->web,
        .blobs = a->blobs,
        .hub = hub_of,
        .describe_trouble = describe_trouble,
        .exchange = exchange,
        .context = a,
    };
    if (a->options->has_no_web)
        return 0;
    a->web = web_open(&a->loop, &options, e);
    if (a->web)
        log_info("the page is at http://%s: rung web --store %s opens it", web_address(a->web), a->options->store_dir);
    return a->web ? 0 : -1;
}

/* ---- start and end ---- */

static void close_all(struct app *a)
{
    uv_close((uv_handle_t *)&a->tick, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&a->signals[i], NULL);
    if (a->options->backup_ms)
        backups_close(&a->backups);
    http_close(a->http);
    a->http = NULL;
    web_close(a->web);
    bulk_server_close(a->bulk_server);
    zsock_close(a->control);
    zsock_close(a->bulk);
    gate_close(a->gate);
    a->bulk_server = NULL;
    a->gate = NULL;
    a->control = a->bulk = NULL;
}

static void leave_when_idle(struct app *a)
{
    const struct hub *hub = turn_hub(a->turn);
    int64_t now_ms = system_monotonic_ms();
    for (size_t i = 0; i < hub_n_campaigns(hub); i++)
        if (!campaign_is_over(hub_campaign(hub, i)))
            a->busy_ms = now_ms;
    if (now_ms - a->busy_ms < a->options->idle_exit_ms)
        return;
    log_info("leaving: no campaign for %lld s", (long long)a->options->idle_exit_ms / 1000);
    close_all(a);
}

static void on_tick(uv_timer_t *timer)
{
    struct app *a = timer->data;
    turn_tick(a->turn);
    notify_alive(&a->watchdog, system_monotonic_ms());
    if (a->options->idle_exit_ms)
        leave_when_idle(a);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;
    log_info("%s: everything that was acknowledged is on disk", number == SIGTERM ? "terminated" : "interrupted");
    close_all(a);
}

static int listen_at(struct app *a, const struct address *address, struct err *e)
{
    if (address_prepare(address, e) < 0)
        return -1;
    bool is_guarded = gate_guards(&a->options->gate, address);
    const char *key = gate_secret_key(a->gate);
    if (is_guarded ? zsock_bind_curve(a->bulk, address->bulk, key, e) < 0 ||
                         zsock_bind_curve(a->control, address->text, key, e) < 0
                   : zsock_bind(a->bulk, address->bulk, e) < 0 || zsock_bind(a->control, address->text, e) < 0)
        return -1;
    log_info("listening at %s%s", address->text, is_guarded ? ", for invited keys alone" : "");
    return 0;
}

/* Those without keys come first, as zsock.h wants it. */
static int listen_at_all(struct app *a, struct err *e)
{
    const struct app_options *o = a->options;
    for (int is_guarded = 0; is_guarded < 2; is_guarded++)
        for (int i = 0; i < o->n_addresses; i++)
            if (gate_guards(&o->gate, &o->addresses[i]) == is_guarded && listen_at(a, &o->addresses[i], e) < 0)
                return -1;
    return 0;
}

static int open_sockets(struct app *a, struct err *e)
{
    const struct app_options *o = a->options;
    struct zsock_options control = {
        .kind = ZSOCK_SERVER,
        .batch_ms = TURN_MS,
        .on_message = on_control,
        .on_drained = on_control_drained,
        .context = a,
    };
    struct zsock_options bulk = { .kind = ZSOCK_SERVER, .on_message = on_bulk, .context = a };
    bool has_guarded = false;
    for (int i = 0; i < o->n_addresses; i++)
        has_guarded |= gate_guards(&o->gate, &o->addresses[i]);
    if (!(a->zcontext = zcontext_open(e)) || !(a->gate = gate_open(a->zcontext, &a->loop, &o->gate, has_guarded, e)) ||
        !(a->control = zsock_open(a->zcontext, &a->loop, &control, e)) ||
        !(a->bulk = zsock_open(a->zcontext, &a->loop, &bulk, e)))
        return -1;
    return listen_at_all(a, e) < 0 ? -1 : gate_publish(a->gate, o->addresses, o->n_addresses, e);
}

static int64_t find_floor(const struct app *a)
{
    int64_t free_bytes, total_bytes;
    if (file_free_bytes(blobs_dir(a->blobs), &free_bytes, &total_bytes, NULL) < 0 ||
        total_bytes / 20 > BLOB_FLOOR_BYTES)
        return BLOB_FLOOR_BYTES;
    return total_bytes / 20;
}

static int open_store(struct app *a, struct err *e)
{
    struct store_options store = { .mode = STORE_WRITE, .allow_network = a->options->allow_network_store };
    struct str blobs = { 0 };
    if (!(a->store = store_open(a->options->store_dir, &store, e)))
        return -1;
    str_addf(&blobs, "%s/blobs", a->options->store_dir);
    a->blobs = blobs_open(blobs.text, e);
    str_deinit(&blobs);
    if (!a->blobs || blobs_sweep(a->blobs, system_wall_ms() - PARTIAL_MS, e) < 0)
        return -1;
    a->blob_floor_bytes = find_floor(a);
    struct turn_options turn = {
        .store = a->store,
        .blob_floor_bytes = a->blob_floor_bytes,
        .blobs = a->blobs,
        .dir = a->options->store_dir,
        .settings = a->options->settings,
        .send = send_control,
        .is_let_in = is_let_in,
        .context = a,
    };
    a->turn = turn_open(&turn, e);
    return a->turn ? 0 : -1;
}

static uint64_t last_seq(void *context)
{
    const struct app *a = context;
    return turn_seq(a->turn);
}

static void open_handles(struct app *a)
{
    static const int numbers[2] = { SIGTERM, SIGINT };
    struct bulk_server_options bulk = { .min_free_bytes = a->blob_floor_bytes,
        .reply = reply_bulk,
        .on_stored = on_blob_stored,
        .on_lost = on_blob_lost,
        .context = a };
    uv_timer_init(&a->loop, &a->tick);
    a->tick.data = a;
    a->busy_ms = system_monotonic_ms();
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&a->loop, &a->signals[i]);
        a->signals[i].data = a;
        uv_signal_start(&a->signals[i], on_signal, numbers[i]);
    }
    a->backups = (struct backups){
        .dir = a->options->store_dir, .n_keep = a->options->n_backups, .seq = last_seq, .context = a
    };
    if (a->options->backup_ms)
        backups_open(&a->backups, &a->loop, a->options->backup_ms);
    a->bulk_server = bulk_server_open(&a->loop, a->blobs, &bulk);
}

int app_run(const struct app_options *options, struct err *e)
{
    struct app a = { .options = options };
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&a.loop);
    int status = open_store(&a, e);
    if (status == 0) {
        KILL_POINT("listen.before");
        open_handles(&a);
        status = open_sockets(&a, e) < 0 || open_metrics(&a, e) < 0 || open_web(&a, e) < 0 ? -1 : 0;
        if (status == 0)
            uv_timer_start(&a.tick, on_tick, TICK_MS, TICK_MS);
        else
            close_all(&a);
        notify_send(status == 0 ? "READY=1" : "STATUS=it does not come up");
        uv_run(&a.loop, UV_RUN_DEFAULT);
    }
    web_free(a.web);
    turn_close(a.turn);
    zcontext_close(a.zcontext);
    blobs_close(a.blobs);
    store_close(a.store);
    uv_loop_close(&a.loop);
    return status;
}
