#include "worker/app.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/io/notify.h"
#include "common/io/system.h"
#include "worker/app_state.h"

#define FAREWELL_MS 100                /* for the last frames to leave */
#define LOAD_MS 5000                   /* between two looks at the load of the machine */
#define ROOM_BYTES (INT64_C(32) << 20) /* a disk with less is full; 5 % of a small disk */

/* ---- events ---- */

struct later *app_take_later(struct app *app, enum session_event_kind kind)
{
    app->later = mem_grow(app->later, app->n_later, &app->cap_later, sizeof *app->later);
    struct later *later = &app->later[app->n_later++];
    *later = (struct later){ .event = { .kind = kind } };
    return later;
}

static void step(struct app *app, const struct session_event *event)
{
    struct session_effects effects = { 0 };
    session_step(app->session, event, &effects);
    app_do_effects(app, &effects);
    session_effects_deinit(&effects);
}

/* The oldest first; taking one may queue more. */
static void take_queued(struct app *app)
{
    for (size_t i = 0; i < app->n_later; i++) {
        struct later later = app->later[i];
        later.event.now_ms = system_monotonic_ms();
        later.event.reason = later.error.text;
        if (later.event.kind == SESSION_EXITED) {
            later.exit.reason = later.error.text;
            later.event.exit = &later.exit;
        }
        step(app, &later.event);
    }
    app->n_later = 0;
}

void app_take(struct app *app, const struct session_event *event)
{
    if (app->is_leaving)
        return;
    step(app, event);
    take_queued(app);
}

/* ---- the disk ---- */

/* Tells the session when the disk becomes full, and when there is room again, for which a little more must be free. */
static void watch_room(struct app *app, int64_t now_ms)
{
    int64_t free_bytes, total_bytes;
    struct err e = { 0 };
    if (file_free_bytes(app->home.path, &free_bytes, &total_bytes, NULL) < 0)
        return;
    int64_t room = total_bytes / 20 < ROOM_BYTES ? total_bytes / 20 : ROOM_BYTES, more = room + room / 4;
    if ((free_bytes < (app->has_no_room ? more : room)) == app->has_no_room)
        return;
    app->has_no_room = !app->has_no_room;
    err_set(&e, ERR_LIMIT, "the disk is full: free %lld MB on %s", (long long)((more - free_bytes) >> 20) + 1,
        app->home.path);
    app_take(app, &(struct session_event){
                      .kind = SESSION_ROOM, .now_ms = now_ms, .is_failed = app->has_no_room, .reason = e.text });
}

/* ---- slots ---- */

static void on_started(void *context, int slot)
{
    app_take(
        context, &(struct session_event){ .kind = SESSION_STARTED, .now_ms = system_monotonic_ms(), .slot = slot });
}

static void on_line(void *context, int slot, const char *line, size_t len)
{
    app_take(
        context, &(struct session_event){
                     .kind = SESSION_LINE, .now_ms = system_monotonic_ms(), .slot = slot, .text = line, .len = len });
}

static void on_printed(void *context, int slot, const char *line, size_t len)
{
    app_take(context,
        &(struct session_event){
            .kind = SESSION_PRINTED, .now_ms = system_monotonic_ms(), .slot = slot, .text = line, .len = len });
}

static void on_exited(void *context, int slot, const struct slot_exit *how)
{
    static const enum exit_how hows[] = { [SLOT_END_STATUS] = EXIT_STATUS,
        [SLOT_END_SIGNAL] = EXIT_SIGNAL,
        [SLOT_END_NOT_STARTED] = EXIT_NOT_STARTED,
        [SLOT_END_MEMORY] = EXIT_MEMORY,
        [SLOT_END_LOST] = EXIT_LOST };
    struct app *app = context;
    watch_room(app, system_monotonic_ms()); /* the disk may be why */
    struct session_exit ended = { .how = hows[how->end],
        .status = how->status,
        .reason = how->end == SLOT_END_NOT_STARTED ? how->error : how->stderr_tail,
        .log = how->log,
        .max_rss_bytes = how->max_rss_bytes,
        .seconds = how->seconds,
        .has_checkpoint = app->checkpoints[slot] && access(app->checkpoints[slot], F_OK) == 0 };
    app->in_use[slot][0] = 0;
    app_take(app, &(struct session_event){
                      .kind = SESSION_EXITED, .now_ms = system_monotonic_ms(), .slot = slot, .exit = &ended });
}

static const struct slot_hooks hooks = {
    .started = on_started, .line = on_line, .printed = on_printed, .exited = on_exited
};

static int open_slots(struct app *app, struct err *e)
{
    for (int i = 0; i < app->options->slots; i++)
        if (!(app->slots[i] = slot_open(&app->loop, i, "/proc/self/exe", &hooks, app, e)))
            return -1;
    return 0;
}

/* ---- sockets ---- */

static bool read_frame(const void *frame, size_t len, struct message *m)
{
    struct err e;
    if (message_decode(frame, len, m, &e) == 0)
        return true;
    log_warn("a message that cannot be read: %s", e.text);
    return false;
}

static void on_control(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct app *app = context;
    struct message m;
    if (!read_frame(frame, len, &m))
        return;
    app->was_heard |= m.type == MESSAGE_WELCOME;
    app->was_refused = false;
    if (message_may_come_from(m.type, SENDER_COORDINATOR))
        app_take(
            app, &(struct session_event){ .kind = SESSION_MESSAGE, .now_ms = system_monotonic_ms(), .message = &m });
    message_deinit(&m);
}

static void on_bulk(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct app *app = context;
    struct message m;
    if (!read_frame(frame, len, &m))
        return;
    bulk_client_take(app->mover, &m);
    bulk_client_take(app->fetcher, &m);
    message_deinit(&m);
}

static bool send_bulk(void *context, const struct message *m)
{
    struct app *app = context;
    struct str frame = { 0 };
    bool is_sent = message_encode(m, &frame) && zsock_send(app->bulk, 0, frame.text, frame.len);
    str_deinit(&frame);
    return is_sent;
}

/* A key that was never let in will not be by waiting, and somebody should know. Later it may be a coordinator that
 * comes back: what runs here goes on. */
static void on_refused(void *context, enum zsock_refusal why)
{
    struct app *app = context;
    struct err e = { 0 };
    bool is_final = !app->was_heard && why != ZSOCK_BROKEN_OFF;
    if (app->is_leaving || (app->was_refused && !is_final))
        return;
    app->was_refused = true;
    credential_explain(app->options->credential, app->options->address->text, why, &e);
    log_error("%s", e.text);
    if (is_final)
        app_leave(app, err_exit_status(ERR_REFUSED));
}

static struct zsock *open_socket(struct app *app, const char *address, zsock_message_fn on_message, struct err *e)
{
    struct zsock_curve curve;
    struct zsock_options options = { .kind = ZSOCK_CLIENT,
        .curve = credential_curve(app->options->credential, &curve),
        .on_message = on_message,
        .on_refused = on_refused,
        .context = app };
    struct zsock *z = zsock_open(app->zmq, &app->loop, &options, e);
    if (!z || zsock_connect(z, address, e) == 0)
        return z;
    zsock_close(z);
    return NULL;
}

static int open_sockets(struct app *app, struct err *e)
{
    const struct address *address = app->options->address;
    struct bulk_client_options options = { .send = send_bulk, .context = app };
    if (!(app->zmq = zcontext_open(e)) || !(app->control = open_socket(app, address->text, on_control, e)) ||
        !(app->bulk = open_socket(app, address->bulk, on_bulk, e)))
        return -1;
    app->mover = bulk_client_open(&app->loop, app->blobs, &options);
    app->fetcher = bulk_client_open(&app->loop, app->cached, &options);
    return 0;
}

/* ---- the clock and signals ---- */

static bool is_new_connection(struct zsock *z, bool *is_connected)
{
    bool was_connected = *is_connected;
    *is_connected = zsock_is_ready(z);
    return *is_connected && !was_connected;
}

static void watch_connections(struct app *app, int64_t now_ms)
{
    if (is_new_connection(app->control, &app->is_connected))
        app_take(app, &(struct session_event){ .kind = SESSION_CONNECTED, .now_ms = now_ms });
    if (is_new_connection(app->bulk, &app->is_bulk_connected))
        bulk_client_hurry(app->mover), bulk_client_hurry(app->fetcher);
}

static void on_tick(uv_timer_t *timer)
{
    struct app *app = timer->data;
    int64_t now_ms = system_monotonic_ms();
    notify_alive(&app->watchdog, now_ms);
    watch_room(app, now_ms);
    watch_connections(app, now_ms);
    if (now_ms >= app->load_ms) { /* the system itself computes it every five seconds */
        app->load = system_load();
        app->load_ms = now_ms + LOAD_MS;
    }
    app_take(app, &(struct session_event){ .kind = SESSION_TICK, .now_ms = now_ms, .load = app->load });
    app_watch_supplies(app);
    app_tidy_cache(app, now_ms);
    if (!app->is_leaving)
        uv_timer_start(&app->tick, on_tick, (uint64_t)session_tick_ms(app->session), 0);
}

/* SIGUSR1 is what engines send before they end a job, to several processes at once perhaps: it only ever asks. Of the
 * others the second one kills. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct app *app = handle->data;
    bool was_told = app->n_told > 0 || app->n_asked > 0;
    int *n = number == SIGUSR1 ? &app->n_asked : &app->n_told;
    ++*n;
    if (!was_told || app->n_told > 1)
        app_take(app, &(struct session_event){ .kind = SESSION_DRAIN, .now_ms = system_monotonic_ms() });
}

static void open_clock(struct app *app)
{
    static const int numbers[APP_SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&app->loop, &app->tick);
    uv_timer_init(&app->loop, &app->farewell);
    app->tick.data = app->farewell.data = app;
    for (int i = 0; i < APP_SIGNALS; i++) {
        uv_signal_init(&app->loop, &app->signals[i]);
        app->signals[i].data = app;
        uv_signal_start(&app->signals[i], on_signal, numbers[i]);
    }
    uv_timer_start(&app->tick, on_tick, 0, 0);
}

static void close_clock(struct app *app)
{
    uv_close((uv_handle_t *)&app->tick, NULL);
    uv_close((uv_handle_t *)&app->farewell, NULL);
    for (int i = 0; i < APP_SIGNALS; i++)
        uv_close((uv_handle_t *)&app->signals[i], NULL);
}

/* ---- the session ---- */

static bool recover(void *context, struct outcome_key key, const char *hash, int64_t bytes)
{
    struct app *app = context;
    app_take(app,
        &(struct session_event){
            .kind = SESSION_RECOVERED, .now_ms = system_monotonic_ms(), .key = key, .hash = hash, .bytes = bytes });
    return true;
}

static void open_session(struct app *app)
{
    char host[256];
    system_host(host, sizeof host);
    app->session_id = system_random_id();
    app->session = session_new(&(struct session_config){ .worker = app->home.worker,
        .session = app->session_id,
        .name = app->options->name ? app->options->name : host,
        .host = host,
        .version = RUNG_VERSION,
        .kernel = getenv("OPENBLAS_CORETYPE"),
        .work = app->home.attempts,
        .pid = getpid(),
        .cores = system_cores(),
        .memory_bytes = app->options->memory_bytes,
        .slots = app->options->slots,
        .commands = app->options->commands,
        .idle_exit_ms = (int64_t)app->options->idle_exit_s * 1000 });
    outcomes_each(app->outcomes, recover, app);
}

/* ---- life ---- */

/* The first of SELF/near and SELF/far that is there, SELF being this program's directory. Owned; NULL: neither. */
static char *find_beside(const char *near, const char *far)
{
    const char *const places[] = { near, far };
    struct str self = { 0 }, path = { 0 };
    if (file_self_directory(&self, NULL) < 0)
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        str_clear(&path);
        str_addf(&path, "%s/%s", str_text(&self), places[i]);
        if (access(str_text(&path), R_OK | X_OK) == 0)
            break;
        if (i == 1)
            str_deinit(&path);
    }
    str_deinit(&self);
    return path.text;
}

/* Beside this program as it was built, or where they are installed. */
static void find_programs(struct app *app)
{
    app->trainer = find_beside("rung-train", "../libexec/rung/rung-train");
    app->python = find_beside("deploy/python", "../share/rung/python");
    if (!app->trainer)
        app->trainer = mem_strdup("rung-train"); /* whoever needs it hears that it is missing */
}

static int open_all(struct app *app, struct err *e)
{
    int n_damaged;
    find_programs(app);
    if (home_open(&app->home, app->options->directory, system_random_id(), e) < 0)
        return -1;
    if (!(app->blobs = blobs_open(app->home.blobs, e)) || app_open_cache(app, app->options->cache, e) < 0 ||
        !(app->outcomes = outcomes_open(app->home.fd, &n_damaged, e)))
        return -1;
    if (n_damaged > 0)
        log_error(
            "%d records of the spool were damaged and are set aside in %s/spool.damaged", n_damaged, app->home.path);
    if (open_slots(app, e) < 0 || open_sockets(app, e) < 0) /* processes first: ZeroMQ has threads */
        return -1;
    open_session(app);
    open_clock(app);
    return 0;
}

static void close_all(struct app *app)
{
    app->is_leaving = true;
    for (int i = 0; i < app->options->slots; i++) {
        slot_close(app->slots[i]);
        free(app->checkpoints[i]);
    }
    bulk_client_close(app->mover);
    bulk_client_close(app->fetcher);
    zsock_close(app->control);
    zsock_close(app->bulk);
    if (app->session)
        close_clock(app);
    uv_run(&app->loop, UV_RUN_DEFAULT);
    app_forget_jobs(app);
    app_forget_supplies(app);
    zcontext_close(app->zmq);
    uv_loop_close(&app->loop);
    session_free(app->session);
    outcomes_close(app->outcomes);
    blobs_close(app->blobs);
    blobs_close(app->cached);
    free(app->cache);
    home_close(&app->home);
    str_deinit(&app->frame);
    free(app->trainer);
    free(app->python);
    free(app->later);
}

static void on_farewell(uv_timer_t *timer)
{
    struct app *app = timer->data;
    uv_stop(&app->loop);
}

void app_leave(struct app *app, int status)
{
    app->status = status;
    app->is_leaving = true;
    uv_timer_start(&app->farewell, on_farewell, status == 0 ? FAREWELL_MS : 0, 0);
}

int app_run(const struct app_options *options, int *status, struct err *e)
{
    struct app *app = mem_zalloc(1, sizeof *app);
    app->options = options;
    uv_loop_init(&app->loop);
    int r = open_all(app, e);
    if (r == 0) {
        log_info("worker %llu with %d slots in %s, for %s", (unsigned long long)app->home.worker, options->slots,
            app->home.path, options->address->text);
        notify_send("READY=1");
        uv_run(&app->loop, UV_RUN_DEFAULT);
        *status = app->status;
    }
    close_all(app);
    free(app);
    return r;
}
