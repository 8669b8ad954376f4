#include "coordinator/turn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/kill_point.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/expr/expr.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "common/proto/campaign.h"
#include "common/proto/json.h"
#include "common/proto/message.h"
#include "coordinator/bridge/bridge.h"
#include "coordinator/bridge/status.h"
#include "coordinator/chores.h"
#include "coordinator/import.h"
#include "coordinator/judge.h"
#include "coordinator/keep.h"
#include "coordinator/lend.h"
#include "coordinator/letters.h"
#include "coordinator/rebuild/rebuild.h"
#include "coordinator/spare.h"
#include "coordinator/tell.h"

#define IDLE_MS 5000 /* without a commit, until the write-ahead log is folded back */
#define EXIT_IO 74   /* EX_IOERR of sysexits.h */

struct turn {
    struct turn_options options;
    struct hub *hub;
    struct expr_list exprs;
    struct effects effects;
    struct bridge_memory memory;
    struct letters taken; /* this turn's frames, to be taken again when the commit fails */
    struct letters due;   /* answers, until the commit */
    struct chores chores; /* for when this turn is committed */
    struct spares spares; /* blobs to remove, after the commit */
    bool has_begun;       /* a transaction is open */
    bool has_failed;      /* it is lost already: `failure` says why */
    bool is_full;         /* the disk is: nothing is taken */
    bool is_tidy;
    int64_t committed_ms;
    struct err failure;
};

/* ---- answers ---- */

static void answer(struct turn *t, uint64_t peer, const struct message *m)
{
    if (!letters_write(&t->due, &(struct sender){ .peer = peer }, m))
        log_error("a %s message is too long to be sent", message_name(m->type));
}

static void answer_error(struct turn *t, uint64_t peer, uint64_t request, const struct err *e)
{
    answer(t, peer,
        &(struct message){ .type = MESSAGE_ERROR,
            .as.error = { .request = request, .code = err_code_name(e->code), .text = e->text } });
}

/* ---- effects ---- */

static void fail(struct turn *t, const struct err *e)
{
    t->has_failed = true;
    t->failure = *e;
}

static void apply(struct turn *t)
{
    const struct effects *fx = &t->effects;
    struct err e = { 0 };
    if (fx->n_campaigns + fx->n_workers + fx->n_trials + fx->n_saves > 0) {
        if (!t->has_begun && store_begin(t->options.store, &e) < 0) {
            fail(t, &e);
            return;
        }
        t->has_begun = true;
        if (keep_rows(t->options.store, fx, &e) < 0) {
            fail(t, &e);
            return;
        }
        spares_note(&t->spares, fx);
    }
    for (size_t i = 0; i < fx->n_sends; i++) {
        struct message m;
        bridge_message(t->hub, &fx->sends[i], &t->memory, &m);
        answer(t, fx->sends[i].peer, &m);
    }
}

void turn_event(struct turn *t, struct hub_event *e)
{
    if (t->has_failed || t->is_full)
        return;
    e->now_ms = system_monotonic_ms();
    e->wall_ms = system_wall_ms();
    effects_clear(&t->effects);
    hub_step(t->hub, e, &t->effects);
    apply(t);
}

/* ---- messages ---- */

static bool blob_is_stored(const void *context, const char *hash)
{
    const struct turn *t = context;
    return blobs_has(t->options.blobs, hash);
}

static bool blob_is_sound(const void *context, const char *hash)
{
    const struct turn *t = context;
    return blobs_is_sound(t->options.blobs, hash);
}

/* Opens the expressions of a new campaign; a known one has its own. */
static int admit(struct turn *t, const struct campaign_spec *spec, struct expr **x, struct err *e)
{
    const struct campaign *known = hub_find_campaign(t->hub, spec->name);
    *x = NULL;
    if (known)
        return judge_same(known, spec, e);
    if (hub_n_campaigns(t->hub) >= LIMIT_CAMPAIGNS)
        return err_set(e, ERR_LIMIT, "this store has %d campaigns already: use another one", LIMIT_CAMPAIGNS);
    *x = expr_open(spec, e);
    return *x ? 0 : -1;
}

static int take_submit(struct turn *t, uint64_t peer, const struct message_submit *m, struct err *e)
{
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    struct str canonical = { 0 };
    struct expr *x = NULL;
    if (campaign_from_canonical(m->file, strlen(m->file), spec, e) < 0 || admit(t, spec, &x, e) < 0) {
        campaign_spec_deinit(spec);
        free(spec);
        return -1;
    }
    campaign_canonical(spec, &canonical);
    struct hub_event event = { .kind = HUB_SUBMIT, .peer = peer, .request = m->request };
    event.as.submit = (struct hub_submit){ .spec = spec, .file = str_text(&canonical) };
    if (x) {
        event.as.submit.rules = expr_rules(x);
        expr_list_add(&t->exprs, x);
    }
    turn_event(t, &event);
    lend_campaign(t->options.blobs, spec);
    str_deinit(&canonical);
    if (!x) {
        campaign_spec_deinit(spec);
        free(spec);
    }
    return 0;
}

void turn_describe_trouble(const struct turn *t, struct str *out)
{
    int64_t free_bytes, total_bytes, floor = t->options.blob_floor_bytes;
    const char *dir = blobs_dir(t->options.blobs);
    store_describe_room(t->options.store, out);
    if (out->len || file_free_bytes(dir, &free_bytes, &total_bytes, NULL) < 0 || free_bytes >= floor)
        return;
    str_addf(out, "the disk is nearly full, so that no checkpoint is taken: free %" PRId64 " MB on %s",
        ((floor - free_bytes) >> 20) + 1, dir);
}

static int take_status(struct turn *t, uint64_t peer, const struct message_status *m, struct err *e)
{
    struct str text = { 0 }, trouble = { 0 };
    if (m->campaign && !hub_find_campaign(t->hub, m->campaign))
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", m->campaign);
    turn_describe_trouble(t, &trouble);
    status_put(t->hub, m->campaign, trouble.len ? trouble.text : NULL, system_monotonic_ms(), &text);
    answer(t, peer,
        &(struct message){
            .type = MESSAGE_STATUS_REPLY, .as.status_reply = { .request = m->request, .status = str_text(&text) } });
    str_deinit(&text);
    str_deinit(&trouble);
    return 0;
}

static int take_events(struct turn *t, uint64_t peer, const struct message_events *m, struct err *e)
{
    struct telling told = { 0 };
    int status = tell_events(t->options.store, hub_find_campaign(t->hub, m->campaign), m, &told, e);
    if (status == 0)
        answer(t, peer, &told.message);
    tell_deinit(&told);
    return status;
}

static int take_import(struct turn *t, uint64_t peer, const struct message_import *m, struct err *e)
{
    struct hub_event event = { .peer = peer };
    if (import_event(t->hub, t->exprs.items, m, &t->memory, &event, e) < 0)
        return -1;
    turn_event(t, &event);
    return 0;
}

static int read_config(const void *context, const struct campaign *c, const char *json, double *x, struct err *e)
{
    const struct turn *t = context;
    return judge_config(t->exprs.items[hub_place_of(t->hub, c)], c->spec, json, x, e);
}

/* A campaign that was over at start gets its search before it is brought back to life. What this loads is only what
 * the rows say, so nothing is lost when the event is refused. */
static int open_search(struct turn *t, const struct hub_event *event, struct err *e)
{
    int64_t id = event->as.steer.campaign;
    if (t->has_failed || t->is_full)
        return 0;
    hub_open_search(t->hub, id);
    if (rebuild_search(t->options.store, t->hub, hub_campaign_of(t->hub, id), NULL, e) == 0)
        return 0;
    fail(t, e); /* what was loaded half must not stay */
    return -1;
}

static bool is_let_in(const void *context, const char *public_key)
{
    const struct turn *t = context;
    return t->options.is_let_in && t->options.is_let_in(t->options.context, public_key);
}

static int take_other(struct turn *t, const struct sender *from, const struct message *m, struct err *e)
{
    struct bridge_world world = { .hub = t->hub,
        .blob_is_stored = blob_is_stored,
        .blob_is_sound = blob_is_sound,
        .read_config = read_config,
        .public_key = from->key,
        .is_let_in = is_let_in,
        .context = t };
    struct hub_event event = { .peer = from->peer };
    if (bridge_event(&world, m, &t->memory, &event, e) < 0)
        return -1;
    if (hub_needs_search(t->hub, &event) && open_search(t, &event, e) < 0)
        return -1;
    turn_event(t, &event);
    return 0;
}

/* On a full disk: what needs no row. Everything else stays unanswered and is repeated by who sent it. */
static int take_while_full(struct turn *t, uint64_t peer, const struct message *m, struct err *e)
{
    struct str why = { 0 };
    if (m->type == MESSAGE_STATUS || m->type == MESSAGE_EVENTS)
        return m->type == MESSAGE_STATUS ? take_status(t, peer, &m->as.status, e)
                                         : take_events(t, peer, &m->as.events, e);
    if (m->type == MESSAGE_BEAT)
        answer(t, peer, &(struct message){ .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = hub_boot(t->hub) } });
    if (tell_request_of(m) == 0)
        return 0;
    turn_describe_trouble(t, &why);
    err_set(e, ERR_LIMIT, "%s; nothing was done", str_text(&why));
    str_deinit(&why);
    return -1;
}

static int take_message(struct turn *t, const struct sender *from, const struct message *m, struct err *e)
{
    uint64_t peer = from->peer;
    if (chores_take(&t->chores, peer, m))
        return 0;
    if (t->is_full)
        return take_while_full(t, peer, m, e);
    if (m->type == MESSAGE_SUBMIT)
        return take_submit(t, peer, &m->as.submit, e);
    if (m->type == MESSAGE_STATUS)
        return take_status(t, peer, &m->as.status, e);
    if (m->type == MESSAGE_EVENTS)
        return take_events(t, peer, &m->as.events, e);
    if (m->type == MESSAGE_IMPORT)
        return take_import(t, peer, &m->as.import, e);
    return take_other(t, from, m, e);
}

static void take_frame(struct turn *t, const struct sender *from, const void *frame, size_t len)
{
    struct message m = { 0 };
    struct err e = { 0 };
    if (message_decode(frame, len, &m, &e) < 0) {
        log_warn("a frame of %zu bytes was refused: %s", len, e.text);
        answer_error(t, from->peer, 0, &e);
        return;
    }
    int status = role_check(from->role, m.type, &e) < 0 ? -1 : take_message(t, from, &m, &e);
    if (status < 0 && m.type != MESSAGE_ERROR)
        answer_error(t, from->peer, tell_request_of(&m), &e);
    message_deinit(&m);
    bridge_memory_clear(&t->memory);
}

void turn_take(struct turn *t, const struct sender *from, const void *frame, size_t len)
{
    if (!t->is_full)
        letters_add(&t->taken, from, frame, len);
    if (!t->has_failed)
        take_frame(t, from, frame, len);
}

/* ---- commit, and what to do when it fails ---- */

static void exit_for(const struct err *e)
{
    log_error("%s: ending here, so that the next start reads the truth from the disk", e->text);
    _exit(e->code == ERR_CORRUPT ? err_exit_status(ERR_CORRUPT) : EXIT_IO);
}

static void rebuild(struct turn *t)
{
    struct err e = { 0 };
    effects_clear(&t->effects);
    expr_list_clear(&t->exprs);
    hub_free(t->hub);
    t->hub = rebuild_hub(t->options.store, &t->options.settings, system_monotonic_ms(), &t->exprs, &e);
    if (!t->hub)
        exit_for(&e);
    lend_all(t->options.blobs, t->hub);
}

/* 0 when all is on disk, and the answers are out. */
static int commit(struct turn *t, struct err *e)
{
    if (t->has_failed)
        *e = t->failure;
    KILL_POINT("commit.before");
    bool is_done = !t->has_failed && (!t->has_begun || store_commit(t->options.store, e) == 0);
    if (is_done && t->has_begun) {
        KILL_POINT("commit.after");
        t->committed_ms = system_monotonic_ms();
        t->is_tidy = false;
        spares_remove(&t->spares, t->options.store, t->options.blobs);
        if (store_tidy(t->options.store, false, e) < 0)
            log_warn("%s", e->text);
    }
    if (!is_done)
        store_rollback(t->options.store);
    for (size_t i = 0; is_done && i < t->due.n; i++) {
        const struct letter *l = &t->due.items[i];
        t->options.send(t->options.context, l->from.peer, letters_frame(&t->due, i), l->len);
        KILL_POINT("answer.sent");
    }
    letters_clear(&t->due);
    spares_forget(&t->spares);
    t->has_begun = t->has_failed = false;
    return is_done ? 0 : -1;
}

static void quarantine(struct turn *t, uint64_t peer, const void *frame, size_t len, const struct err *why)
{
    struct str path = { 0 };
    struct err e = { 0 };
    str_addf(&path, "%s/quarantine", t->options.dir);
    int status = file_make_directory(path.text, 0700, &e);
    str_addf(&path, "/%" PRId64 "-%016" PRIx64 ".frame", system_wall_ms(), system_random_id());
    if (status == 0)
        status = file_write(path.text, frame, len, 0600, &e);
    log_error("a message could not be stored (%s) and is kept in %s", why->text, status == 0 ? path.text : "no file");
    answer_error(t, peer, 0, why);
    commit(t, &e);
    str_deinit(&path);
}

static void say_full(const struct turn *t)
{
    struct str text = { 0 };
    turn_describe_trouble(t, &text);
    log_error("%s. What was acknowledged is kept, nothing new is taken; it goes on by itself once there is room",
        str_text(&text));
    str_deinit(&text);
}

static void recover(struct turn *t, const struct err *why)
{
    struct letters again = t->taken;
    struct err e = { 0 };
    t->taken = (struct letters){ 0 };
    t->chores.n = 0; /* their frames are among those that are taken again */
    if (why->code != ERR_INVALID && why->code != ERR_LIMIT)
        exit_for(why);
    log_error("a transaction failed: %s", why->text);
    t->is_full = why->code == ERR_LIMIT;
    rebuild(t);
    if (t->is_full)
        say_full(t);
    for (size_t i = 0; i < again.n && !t->is_full; i++) {
        const struct letter *l = &again.items[i];
        const void *frame = letters_frame(&again, i);
        take_frame(t, &l->from, frame, l->len);
        if (commit(t, &e) == 0)
            continue;
        if (e.code != ERR_INVALID && e.code != ERR_LIMIT)
            exit_for(&e);
        t->is_full = e.code == ERR_LIMIT;
        rebuild(t);
        if (t->is_full)
            say_full(t);
        else
            quarantine(t, l->from.peer, frame, l->len, &e);
    }
    letters_deinit(&again);
}

/* Each is a transaction of its own, between those of the turns. */
static void do_chores(struct turn *t)
{
    for (size_t i = 0; i < t->chores.n; i++) {
        struct chore_place place = { t->options.store, t->options.blobs, t->options.dir, t->hub };
        struct chore_result r = { 0 };
        if (chores_do(&t->chores, i, &place, &r) < 0 && r.is_fatal)
            exit_for(&r.err);
        if (r.must_rebuild)
            rebuild(t);
        answer(t, t->chores.items[i].peer, &r.answer);
    }
    if (t->chores.n > 0)
        commit(t, NULL); /* nothing is open: this lets the answers out */
    t->chores.n = 0;
}

void turn_end(struct turn *t)
{
    struct err e = { 0 };
    if (t->has_begun || t->has_failed || t->due.n > 0)
        if (commit(t, &e) < 0)
            recover(t, &e);
    letters_clear(&t->taken);
    do_chores(t);
}

void turn_tick(struct turn *t)
{
    struct err e = { 0 };
    if (t->is_full) {
        if (!store_has_room(t->options.store))
            return;
        log_info("the disk has room again");
        t->is_full = false;
        rebuild(t);
    }
    struct hub_event tick = { .kind = HUB_TICK };
    turn_event(t, &tick);
    turn_end(t);
    if (!t->is_tidy && system_monotonic_ms() - t->committed_ms > IDLE_MS) {
        t->is_tidy = true;
        if (store_tidy(t->options.store, true, &e) < 0)
            log_warn("%s", e.text);
    }
}

struct turn *turn_open(const struct turn_options *options, struct err *e)
{
    struct turn *t = mem_zalloc(1, sizeof *t);
    t->options = *options;
    t->hub = rebuild_hub(options->store, &options->settings, system_monotonic_ms(), &t->exprs, e);
    if (t->hub) {
        lend_all(options->blobs, t->hub);
        return t;
    }
    free(t);
    return NULL;
}

uint64_t turn_seq(const struct turn *t)
{
    return hub_seq(t->hub);
}

const struct hub *turn_hub(const struct turn *t)
{
    return t->hub;
}

void turn_close(struct turn *t)
{
    if (!t)
        return;
    if (t->has_begun)
        store_rollback(t->options.store);
    effects_deinit(&t->effects);
    expr_list_clear(&t->exprs);
    hub_free(t->hub);
    bridge_memory_deinit(&t->memory);
    letters_deinit(&t->taken);
    letters_deinit(&t->due);
    chores_deinit(&t->chores);
    spares_deinit(&t->spares);
    free(t);
}
