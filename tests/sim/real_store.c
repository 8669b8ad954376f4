#include "tests/sim/real_store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "coordinator/rebuild/rebuild.h"
#include "tests/sim/invariants.h"

struct real_store {
    char dir[64];
    struct store *store; /* NULL while nobody has it open */
};

static struct store *store_of(const struct world *w)
{
    return w->coordinator.real ? w->coordinator.real->store : NULL;
}

static void must(struct world *w, int status, const struct err *e)
{
    if (status < 0)
        world_fail(w, "the real database takes the rows", "%s", e->text);
}

/* ---- life ---- */

static void make(struct world *w)
{
    struct real_store *real = mem_zalloc(1, sizeof *real);
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(real->dir, sizeof real->dir, "%s/rung-sim-XXXXXX", parent);
    w->coordinator.real = real;
    if (!mkdtemp(real->dir))
        world_fail(w, "the real database takes the rows", "no directory in %s", parent);
}

void real_start(struct world *w)
{
    struct store_options options = { .mode = STORE_WRITE, .allow_network = true, .reserve_bytes = -1 };
    struct err e = { 0 };
    if (!w->drawn.sqlite)
        return;
    if (!w->coordinator.real)
        make(w);
    w->coordinator.real->store = store_open(w->coordinator.real->dir, &options, &e);
    must(w, w->coordinator.real->store ? 0 : -1, &e);
    if (store_boot(w->coordinator.real->store) != w->coordinator.store.now.boot)
        world_fail(w, "memory and rows agree", "the real database counts its starts differently");
}

void real_stop(struct world *w)
{
    if (!store_of(w))
        return;
    store_close(w->coordinator.real->store);
    w->coordinator.real->store = NULL;
}

static void remove_directory(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
    rmdir(dir);
}

void real_deinit(struct world *w)
{
    real_stop(w);
    if (w->coordinator.real)
        remove_directory(w->coordinator.real->dir);
    free(w->coordinator.real);
    w->coordinator.real = NULL;
}

/* ---- rows: in the order of coordinator/turn.c ---- */

void real_begin(struct world *w)
{
    struct err e = { 0 };
    if (store_of(w))
        must(w, store_begin(store_of(w), &e), &e);
}

static int save_one(struct store *s, const struct save *save, struct err *e)
{
    if (save->kind == SAVE_RESULT)
        return store_save_result(s, &save->as.result, e);
    if (save->kind == SAVE_ATTEMPT)
        return store_save_attempt(s, &save->as.attempt, e);
    if (save->kind == SAVE_STEER)
        return store_save_steer(s, &save->as.steer, e);
    if (save->kind == SAVE_DECISION)
        return store_save_decision(s, &save->as.decision, e);
    if (save->kind == SAVE_EVENT)
        return store_save_event(s, &save->as.event, e);
    return save->kind == SAVE_BLOB ? store_save_blob(s, &save->as.blob, e) : 0;
}

void real_save(struct world *w, const struct effects *fx)
{
    struct store *s = store_of(w);
    struct err e = { 0 };
    if (!s)
        return;
    for (size_t i = 0; i < fx->n_campaigns; i++)
        must(w, store_save_campaign(s, &fx->campaigns[i]->row, &e), &e);
    for (size_t i = 0; i < fx->n_workers; i++)
        must(w, store_save_worker(s, &fx->workers[i], &e), &e);
    for (size_t i = 0; i < fx->n_trials; i++)
        must(w, store_save_trial(s, &fx->trials[i]->row, &e), &e);
    for (size_t i = 0; i < fx->n_saves; i++)
        must(w, save_one(s, &fx->saves[i], &e), &e);
}

void real_commit(struct world *w)
{
    struct err e = { 0 };
    if (!store_of(w))
        return;
    must(w, store_commit(store_of(w), &e), &e);
    must(w, store_tidy(store_of(w), false, &e), &e);
    w->counts.real_commits++;
}

void real_rollback(struct world *w)
{
    if (store_of(w))
        store_rollback(store_of(w));
}

/* ---- the core from it ---- */

void real_compare(struct world *w)
{
    struct expr_list exprs = { 0 };
    struct err e = { 0 };
    if (!store_of(w))
        return;
    struct hub *other = rebuild_hub(store_of(w), hub_settings(w->coordinator.hub), w->now_ms, &exprs, &e);
    must(w, other ? 0 : -1, &e);
    invariants_rebuilt(w, other);
    w->counts.real_rebuilds++;
    expr_list_clear(&exprs);
    hub_free(other);
}
