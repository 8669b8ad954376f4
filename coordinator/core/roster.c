#include "coordinator/core/roster.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"
#include "common/base/str.h"

static void free_texts(struct worker_row *row)
{
    free((void *)(uintptr_t)row->name);
    free((void *)(uintptr_t)row->host);
    free((void *)(uintptr_t)row->version);
    free((void *)(uintptr_t)row->kernel);
}

void roster_deinit(struct roster *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free_texts(&r->workers[i]->row);
        free(r->workers[i]->commands);
        free(r->workers[i]);
    }
    free(r->workers);
    *r = (struct roster){ 0 };
}

struct worker *roster_by_id(const struct roster *r, int64_t id)
{
    return id >= 1 && (size_t)id <= r->n ? r->workers[id - 1] : NULL;
}

struct worker *roster_by_key(const struct roster *r, uint64_t key)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->workers[i]->row.key == key)
            return r->workers[i];
    return NULL;
}

struct worker *roster_by_session(const struct roster *r, uint64_t session)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->workers[i]->is_here && r->workers[i]->session == session)
            return r->workers[i];
    return NULL;
}

static void set_row(struct worker *w, const struct worker_row *row)
{
    struct worker_row old = w->row;
    w->row = *row;
    w->row.name = mem_strdup(row->name);
    w->row.host = mem_strdup(row->host);
    w->row.version = mem_strdup(row->version);
    w->row.kernel = mem_strdup(row->kernel ? row->kernel : "");
    free_texts(&old);
}

struct worker *roster_load(struct roster *r, const struct worker_row *row)
{
    struct worker *w = mem_zalloc(1, sizeof *w);
    r->workers = mem_grow(r->workers, r->n, &r->cap, sizeof *r->workers);
    r->workers[r->n++] = w;
    set_row(w, row);
    w->is_aside = strcmp(row->state, "set_aside") == 0;
    w->row.state = w->is_aside ? "set_aside" : "gone";
    return w;
}

struct worker *roster_hello(struct roster *r, const struct hub_event *e)
{
    const struct hub_hello *h = &e->as.hello;
    struct worker *w = roster_by_key(r, h->key);
    bool is_same_process = w && w->is_here && w->session == e->session;
    struct worker_row row = {
        .id = w ? w->row.id : (int64_t)r->n + 1,
        .key = h->key,
        .name = h->name,
        .host = h->host,
        .version = h->version,
        .kernel = h->kernel,
        .pid = h->pid,
        .slots = h->slots,
        .cores = h->cores,
        .first_seen_ms = w ? w->row.first_seen_ms : e->wall_ms,
        .last_seen_ms = e->wall_ms,
        .session = e->session,
        .state = "",
    };
    if (!w) {
        w = roster_load(r, &row);
    } else if (!is_same_process) { /* which says the same as before, and its row is not saved again */
        row.n_bad = w->row.n_bad;
        row.n_set_aside = w->row.n_set_aside;
        memcpy(row.bad_on, w->row.bad_on, sizeof row.bad_on);
        memcpy(row.why, w->row.why, sizeof row.why);
        set_row(w, &row);
    }
    w->row.last_seen_ms = e->wall_ms;
    w->row.state = w->is_aside ? "set_aside" : "here";
    w->is_here = true;
    free(w->commands);
    w->commands = mem_strdup(h->commands);
    w->session = e->session;
    w->peer = e->peer;
    w->heard_ms = e->now_ms;
    w->free = 0;
    return w;
}

struct worker *roster_hungriest(const struct roster *r, uint64_t step)
{
    struct worker *best = NULL;
    for (size_t i = 0; i < r->n; i++) {
        struct worker *w = r->workers[i];
        if (mutation(IDLE_SLOT) && w->was_told)
            continue;
        if (w->is_here && !w->is_aside && w->passed_step != step && w->free > 0 && w->n_running < w->row.slots &&
            (!best || w->asked_ms < best->asked_ms))
            best = w;
    }
    return best;
}
