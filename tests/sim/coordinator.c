#include "tests/sim/coordinator.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"
#include "common/proto/campaign.h"
#include "tests/sim/invariants.h"
#include "tests/sim/network.h"
#include "tests/sim/plan.h"
#include "tests/sim/real_store.h"
#include "tests/sim/trace.h"

#define TICK_MS 250
#define REBUILD_STEPS 1000 /* between two rebuilds that are only compared */

/* ---- parcels ---- */

static void add(struct parcels *list, struct parcel *p)
{
    list->items = mem_grow(list->items, list->n, &list->cap, sizeof *list->items);
    list->items[list->n++] = p;
}

static void drop_all(struct parcels *list)
{
    for (size_t i = 0; i < list->n; i++)
        parcel_drop(list->items[i]);
    list->n = 0;
}

static void instant(struct world *w)
{
    world_instant(w, &w->coordinator.mortal, w->dials.kill_hub);
}

/* ---- the core from its rows ---- */

static void rebuild(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    effects_clear(&c->effects);
    hub_free(c->hub);
    c->hub = NULL;
    w->digests.is_fresh = false;
    c->hub = coordinator_rebuild(w, c->store.now.boot);
    invariants_rows(w);
    ledger_hear_all(w);
}

static void compare_rebuilt(struct world *w)
{
    struct hub *other = coordinator_rebuild(w, w->coordinator.store.now.boot);
    invariants_rebuilt(w, other);
    hub_free(other);
    real_compare(w);
}

/* ---- effects ---- */

static int save_rows(struct world *w, struct err *e)
{
    struct coordinator *c = &w->coordinator;
    const struct effects *fx = &c->effects;
    for (size_t i = 0; i < fx->n_campaigns; i++)
        if (memory_save_campaign(&c->store, &fx->campaigns[i]->row, atoi(fx->campaigns[i]->spec->name + 5), e) < 0)
            return -1;
    for (size_t i = 0; i < fx->n_workers; i++)
        if (memory_save_worker(&c->store, &fx->workers[i], e) < 0)
            return -1;
    instant(w);
    for (size_t i = 0; i < fx->n_trials; i++)
        if (memory_save_trial(&c->store, &fx->trials[i]->row, e) < 0)
            return -1;
    if (mutation(TORN_TRANSACTION)) {
        memory_commit(&c->store);
        memory_begin(&c->store);
    }
    for (size_t i = 0; i < fx->n_saves; i++) {
        instant(w);
        if (fx->saves[i].kind == SAVE_EVENT)
            w->counts.notes[fx->saves[i].as.event.kind]++;
        if (fx->saves[i].kind == SAVE_SPARE) {
            c->spares = mem_grow(c->spares, c->n_spares, &c->cap_spares, sizeof *c->spares);
            c->spares[c->n_spares++] = blob_number(&w->blobs, fx->saves[i].as.blob.hash);
        }
        if (memory_save(&c->store, &fx->saves[i], e) < 0)
            return -1;
    }
    return 0;
}

static void answer(struct world *w, uint64_t peer, const struct message *m)
{
    struct parcel *p = parcel_new(m, w->drawn.frames);
    p->peer = peer;
    if (!mutation(SPEAK_FIRST)) {
        add(&w->coordinator.due, p);
        return;
    }
    invariants_sent(w, p);
    network_down(w, p);
    parcel_drop(p);
}

static void apply(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    const struct effects *fx = &c->effects;
    struct err e = { 0 };
    if (fx->n_campaigns + fx->n_workers + fx->n_trials + fx->n_saves > 0) {
        if (c->disk_is_full && world_chance(w, 5000)) { /* the other half finds out at the commit */
            c->has_failed = true;
            return;
        }
        if (!c->has_begun) {
            memory_begin(&c->store);
            real_begin(w);
        }
        c->has_begun = true;
        if (save_rows(w, &e) < 0)
            world_fail(w, "the rows are sound", "%s", e.text);
        real_save(w, fx);
    }
    for (size_t i = 0; i < fx->n_sends; i++) {
        struct message m;
        bridge_message(c->hub, &fx->sends[i], &c->memory, &m);
        answer(w, fx->sends[i].peer, &m);
    }
}

static void take_event(struct world *w, struct hub_event *event)
{
    struct coordinator *c = &w->coordinator;
    struct expectation x;
    if (c->has_failed || c->is_full)
        return;
    event->now_ms = w->now_ms + c->mortal.clock_ms;
    event->wall_ms = world_wall_ms(w);
    effects_clear(&c->effects);
    expectation_form(w, event, &x);
    w->counts.hub[event->kind]++;
    w->n_events++;
    if (hub_needs_search(c->hub, event))
        coordinator_open_search(w, event->as.steer.campaign);
    hub_step(c->hub, event, &c->effects);
    trace_hub(w, event);
    expectation_check(w, event, &x);
    instant(w);
    apply(w);
    if (c->has_failed)
        return;
    invariants_rows(w);
    if (++c->n_steps % REBUILD_STEPS == 0)
        compare_rebuilt(w);
}

/* ---- messages ---- */

static bool blob_is_stored(const void *context, const char *hash)
{
    const struct world *w = context;
    int i = blob_number(&w->blobs, hash);
    return i >= 0 && w->blobs.list[i].is_stored;
}

static void take_submit(struct world *w, const struct parcel *p)
{
    struct coordinator *c = &w->coordinator;
    const struct message_submit *m = &p->message.as.submit;
    if (c->has_failed || c->is_full)
        return;
    struct campaign_spec *spec = plan_spec(&w->drawn, w->seed, atoi(m->file));
    bool is_known = hub_find_campaign(c->hub, spec->name) != NULL;
    struct hub_event event = { .kind = HUB_SUBMIT, .peer = p->peer, .request = m->request };
    struct str file = { 0 };
    if (w->drawn.sqlite)
        campaign_canonical(spec, &file); /* what the real one reads its campaigns from */
    event.as.submit = (struct hub_submit){ .spec = spec, .file = str_text(&file), .rules = plan_rules(&w->drawn) };
    take_event(w, &event);
    str_deinit(&file);
    if (is_known) {
        campaign_spec_deinit(spec);
        free(spec);
    }
}

static void take_message(struct world *w, struct parcel *p)
{
    struct coordinator *c = &w->coordinator;
    struct bridge_world world = { .hub = c->hub,
        .blob_is_stored = blob_is_stored,
        .blob_is_sound = blob_is_stored,
        .read_config = plan_read_config,
        .context = w };
    struct hub_event event = { .peer = p->peer };
    struct err e = { 0 };
    c->taking = p;
    if (p->message.type == MESSAGE_SUBMIT) {
        take_submit(w, p);
    } else if (bridge_event(&world, &p->message, &c->memory, &event, &e) == 0) {
        take_event(w, &event);
    } else {
        w->counts.refused_messages++;
        answer(w, p->peer,
            &(struct message){ .type = MESSAGE_ERROR, .as.error = { .code = err_code_name(e.code), .text = e.text } });
    }
    c->taking = NULL;
    bridge_memory_clear(&c->memory);
}

/* ---- commit, and what to do when it fails ---- */

static enum err_code commit_fails(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    if (c->disk_is_full)
        return ERR_LIMIT;
    if (world_chance(w, w->dials.commit))
        return ERR_IO;
    return world_chance(w, w->dials.refused) ? ERR_INVALID : ERR_NONE;
}

static bool is_named(const struct tables *t, const char *hash)
{
    for (size_t i = 0; i < t->n_trials; i++)
        if (strcmp(t->trials[i].row.checkpoint, hash) == 0)
            return true;
    return false;
}

/* As coordinator/spare.c; but what an older copy of the rows names stays, as HUB_BLOB_LOST is not modelled here. */
static void remove_spares(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    for (size_t i = 0; i < c->n_spares; i++) {
        char name[BLOB_NAME];
        blob_name(c->spares[i], name);
        if (c->spares[i] >= 0 && !is_named(&c->store.now, name) && !(c->has_backup && is_named(&c->backup, name)))
            w->blobs.list[c->spares[i]].is_stored = false;
    }
}

/* ERR_NONE when all is on disk, and the answers are out. */
static enum err_code commit(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    enum err_code code = c->has_failed ? ERR_LIMIT : c->has_begun ? commit_fails(w) : ERR_NONE;
    instant(w);
    if (code == ERR_NONE && c->has_begun) {
        memory_commit(&c->store);
        real_commit(w);
        instant(w);
        remove_spares(w);
    } else {
        memory_rollback(&c->store);
        real_rollback(w);
    }
    c->n_spares = 0;
    c->has_begun = c->has_failed = false;
    for (size_t i = 0; code == ERR_NONE && i < c->due.n; i++) {
        instant(w);
        invariants_sent(w, c->due.items[i]);
        network_down(w, c->due.items[i]);
    }
    drop_all(&c->due);
    return code;
}

static void disk_fills(struct world *w)
{
    w->coordinator.is_full = true;
    rebuild(w);
}

/* After a refusal the core is thrown away, and its messages are taken again, one a transaction. */
static void recover(struct world *w, enum err_code code)
{
    struct coordinator *c = &w->coordinator;
    if (code == ERR_IO) {
        w->counts.faults[FAULT_COMMIT]++;
        coordinator_die(w, false);
        longjmp(w->death, 1);
    }
    if (code == ERR_LIMIT) {
        disk_fills(w);
        return;
    }
    w->counts.faults[FAULT_REFUSED]++;
    rebuild(w);
    for (size_t i = 0; i < c->taken.n && !c->is_full; i++) {
        take_message(w, c->taken.items[i]);
        code = commit(w);
        if (code == ERR_IO)
            recover(w, code);
        else if (code == ERR_LIMIT)
            disk_fills(w);
        else if (code != ERR_NONE)
            rebuild(w); /* the message is quarantined: whoever sent it says it again */
    }
}

void coordinator_end_turn(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    c->turn_is_due = false;
    if (!c->mortal.is_alive)
        return;
    if (c->has_begun || c->has_failed || c->due.n > 0) {
        enum err_code code = commit(w);
        if (code != ERR_NONE)
            recover(w, code);
    }
    drop_all(&c->taken);
    invariants_turn(w);
}

void coordinator_take(struct world *w, struct parcel *p)
{
    struct coordinator *c = &w->coordinator;
    if (!c->mortal.is_alive || c->is_full)
        return;
    w->counts.to_hub[p->message.type % COUNTS_MESSAGES]++;
    add(&c->taken, parcel_share(p));
    if (!c->has_failed)
        take_message(w, p);
    if (!world_chance(w, w->dials.batch)) {
        coordinator_end_turn(w);
    } else if (!c->turn_is_due) {
        w->counts.faults[FAULT_BATCH]++;
        c->turn_is_due = true;
        world_put(w, ITEM_HUB_TURN, 0, 0, c->mortal.life, world_below(w, 3), NULL);
    }
}

void coordinator_take_blob(struct world *w, int blob)
{
    struct hub_event event = { .kind = HUB_BLOB };
    blob_name(blob, event.as.blob.hash);
    event.as.blob.size = BLOB_BYTES;
    take_event(w, &event);
    coordinator_end_turn(w);
}

void coordinator_tick(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    struct hub_event tick = { .kind = HUB_TICK };
    world_put(w, ITEM_HUB_TICK, 0, 0, c->mortal.life, TICK_MS, NULL);
    if (c->is_full && c->disk_is_full)
        return;
    if (c->is_full) {
        c->is_full = false;
        rebuild(w);
    }
    take_event(w, &tick);
    coordinator_end_turn(w);
    invariants_now(w);
}

/* ---- life and death ---- */

void coordinator_start(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    c->store.now.boot++;
    mortal_start(w, &c->mortal, w->dials.kill_hub);
    real_start(w);
    rebuild(w);
    if (!w->is_calm || c->n_steps % 8 == 0)
        compare_rebuilt(w);
    world_put(w, ITEM_HUB_TICK, 0, 0, c->mortal.life, world_below(w, TICK_MS), NULL);
}

static void count_death(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    w->counts.faults[FAULT_KILL_HUB]++;
    w->counts.faults[FAULT_KILL_HUB_DUE] += c->due.n > 0 && !c->store.is_in_transaction;
    w->counts.faults[FAULT_KILL_HUB_OPEN] += c->store.is_in_transaction;
}

void coordinator_die(struct world *w, bool is_power_cut)
{
    struct coordinator *c = &w->coordinator;
    if (!c->mortal.is_alive)
        return;
    trace_note(w, "the coordinator dies", 0);
    count_death(w);
    if (is_power_cut)
        memory_power_cut(&c->store);
    else
        memory_rollback(&c->store);
    real_stop(w);
    w->counts.faults[FAULT_POWER_HUB] += is_power_cut;
    effects_clear(&c->effects);
    bridge_memory_clear(&c->memory);
    hub_free(c->hub);
    c->hub = NULL;
    c->taking = NULL;
    drop_all(&c->taken);
    drop_all(&c->due);
    c->n_spares = 0;
    c->has_begun = c->has_failed = c->is_full = c->turn_is_due = false;
    c->mortal.is_alive = false;
    world_put(w, ITEM_HUB_START, 0, 0, c->mortal.life, 20 + world_below(w, world_chance(w, 2000) ? 20000 : 500), NULL);
}

void coordinator_back_up(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    if (c->store.is_in_transaction)
        return;
    tables_copy(&c->backup, &c->store.now);
    c->backup_mark = (struct ledger_mark){ w->ledger.acknowledged.n, w->ledger.spooled.n };
    c->has_backup = true;
}

void coordinator_restore(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    if (!c->has_backup)
        return;
    coordinator_die(w, false);
    tables_copy(&c->store.now, &c->backup);
    c->store.n_undo = c->store.committed = 0;
    w->counts.faults[FAULT_RESTORE]++;
    trace_note(w, "an older store comes back", 0);
    ledger_go_back(w, c->backup_mark);
}

void coordinator_deinit(struct world *w)
{
    struct coordinator *c = &w->coordinator;
    if (c->hub)
        effects_clear(&c->effects);
    effects_deinit(&c->effects);
    hub_free(c->hub);
    bridge_memory_deinit(&c->memory);
    drop_all(&c->taken);
    drop_all(&c->due);
    free(c->taken.items);
    free(c->due.items);
    free(c->spares);
    memory_deinit(&c->store);
    tables_deinit(&c->backup);
}
