#include "coordinator/core/roster.h"

#include <math.h>
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
    free(r->waiting);
    free(r->keys.ids);
    free(r->sessions.ids);
    *r = (struct roster){ 0 };
}

struct worker *roster_by_id(const struct roster *r, int64_t id)
{
    return id >= 1 && (size_t)id <= r->n ? r->workers[id - 1] : NULL;
}

/* ---- by key, and by session ---- */

static size_t first_slot(const struct roster_table *t, uint64_t number)
{
    return (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->n_slots - 1);
}

static void put(struct roster_table *t, uint64_t number, int64_t id)
{
    size_t at = first_slot(t, number);
    while (t->ids[at] && t->ids[at] != (uint32_t)id)
        at = (at + 1) & (t->n_slots - 1);
    t->n_used += !t->ids[at];
    t->ids[at] = (uint32_t)id;
}

static uint64_t key_of(const struct worker *w)
{
    return w->row.key;
}

static uint64_t session_of(const struct worker *w)
{
    return w->session;
}

/* Notes w under its number. A table that is half full is made anew, without what is out of date in it. */
static void note(const struct roster *r, struct roster_table *t, uint64_t (*number_of)(const struct worker *),
    const struct worker *w)
{
    if (2 * (t->n_used + 1) > t->n_slots) {
        free(t->ids);
        t->n_slots = t->n_slots ? t->n_slots : 16;
        while (t->n_slots < 4 * (r->n + 1))
            t->n_slots *= 2;
        t->ids = mem_zalloc(t->n_slots, sizeof *t->ids);
        t->n_used = 0;
        for (size_t i = 0; i < r->n; i++)
            put(t, number_of(r->workers[i]), r->workers[i]->row.id);
    }
    put(t, number_of(w), w->row.id);
}

struct worker *roster_by_key(const struct roster *r, uint64_t key)
{
    const struct roster_table *t = &r->keys;
    for (size_t at = t->n_slots ? first_slot(t, key) : 0; t->n_slots && t->ids[at]; at = (at + 1) & (t->n_slots - 1))
        if (r->workers[t->ids[at] - 1]->row.key == key)
            return r->workers[t->ids[at] - 1];
    return NULL;
}

/* Of two that claim the same session, the one that was known first. */
struct worker *roster_by_session(const struct roster *r, uint64_t session)
{
    const struct roster_table *t = &r->sessions;
    struct worker *found = NULL;
    for (size_t at = t->n_slots ? first_slot(t, session) : 0; t->n_slots && t->ids[at];
         at = (at + 1) & (t->n_slots - 1)) {
        struct worker *w = r->workers[t->ids[at] - 1];
        if (w->is_here && w->session == session && (!found || w->row.id < found->row.id))
            found = w;
    }
    return found;
}

/* ---- workers ---- */

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

void roster_set_state(struct worker *w)
{
    w->row.state = w->is_aside ? "set_aside" : w->is_leaving ? "leaving" : w->is_here ? "here" : "gone";
}

bool roster_set_kernel(struct worker *w, const char *kernel)
{
    if (!kernel || !*kernel || strcmp(kernel, w->row.kernel) == 0)
        return false;
    free((void *)(uintptr_t)w->row.kernel);
    w->row.kernel = mem_strdup(kernel);
    return true;
}

struct worker *roster_load(struct roster *r, const struct worker_row *row)
{
    struct worker *w = mem_zalloc(1, sizeof *w);
    r->workers = mem_grow(r->workers, r->n, &r->cap, sizeof *r->workers);
    r->workers[r->n++] = w;
    set_row(w, row);
    note(r, &r->keys, key_of, w);
    w->is_aside = strcmp(row->state, "set_aside") == 0;
    w->is_leaving = strcmp(row->state, "leaving") == 0;
    roster_set_state(w);
    return w;
}

struct worker *roster_hello(struct roster *r, const struct hub_event *e)
{
    const struct hub_hello *h = &e->as.hello;
    struct worker *w = roster_by_key(r, h->key);
    bool is_same_process = w && w->is_here && w->session == e->session;
    bool is_back = w && w->is_leaving && w->row.session != e->session;
    struct worker_row row = {
        .id = w ? w->row.id : (int64_t)r->n + 1,
        .key = h->key,
        .name = h->name,
        .host = h->host,
        .version = h->version,
        .kernel = (h->kernel && *h->kernel) || !w ? h->kernel
                                                  : w->row.kernel, /* what its trials named, where it does not say */
        .pid = h->pid,
        .slots = h->slots,
        .cores = h->cores,
        .memory_bytes = h->memory_bytes,
        .load = w ? w->row.load : NAN,
        .first_seen_ms = w ? w->row.first_seen_ms : e->wall_ms,
        .last_seen_ms = e->wall_ms,
        .session = e->session,
        .state = "",
    };
    str_copy(row.public_key, sizeof row.public_key, h->public_key ? h->public_key : "");
    if (!w) {
        w = roster_load(r, &row);
    } else if (!is_same_process) { /* which says the same as before, and its row is not saved again */
        w->is_leaving = w->is_leaving && !is_back;
        row.n_bad = w->row.n_bad;
        row.n_set_aside = w->row.n_set_aside;
        memcpy(row.bad_on, w->row.bad_on, sizeof row.bad_on);
        if (w->is_leaving || (w->row.n_set_aside > 0 && !is_back))
            memcpy(row.why, w->row.why, sizeof row.why);
        set_row(w, &row);
    }
    w->row.last_seen_ms = e->wall_ms;
    w->is_here = true;
    roster_set_state(w);
    free(w->commands);
    w->commands = mem_strdup(h->commands);
    w->session = e->session;
    w->peer = e->peer;
    w->heard_ms = e->now_ms;
    if (!is_same_process)
        note(r, &r->sessions, session_of, w);
    roster_set_free(r, w, 0);
    return w;
}

static bool asked_before(const struct worker *a, const struct worker *b)
{
    return a->asked_ms != b->asked_ms ? a->asked_ms < b->asked_ms : a->row.id < b->row.id;
}

void roster_set_free(struct roster *r, struct worker *w, int n_free)
{
    size_t at = 0;
    bool was_waiting = w->free > 0, is_waiting = n_free > 0;
    w->free = n_free;
    if (was_waiting && !is_waiting) {
        while (r->waiting[at] != w)
            at++;
        memmove(r->waiting + at, r->waiting + at + 1, (--r->n_waiting - at) * sizeof *r->waiting);
    } else if (is_waiting && !was_waiting) {
        r->waiting = mem_grow(r->waiting, r->n_waiting, &r->cap_waiting, sizeof *r->waiting);
        for (at = r->n_waiting++; at > 0 && asked_before(w, r->waiting[at - 1]); at--)
            r->waiting[at] = r->waiting[at - 1];
        r->waiting[at] = w;
    }
}

bool roster_may_work(const struct worker *w)
{
    return !w->is_aside && !w->is_leaving && w->n_running < w->row.slots && !(mutation(IDLE_SLOT) && w->was_told);
}
