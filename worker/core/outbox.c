#include "worker/core/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "worker/core/effects.h"

static bool keys_are_equal(struct outcome_key a, struct outcome_key b)
{
    return a.trial == b.trial && a.rung == b.rung && a.lease == b.lease;
}

void outbox_deinit(struct outbox *o)
{
    free(o->list);
    *o = (struct outbox){ 0 };
}

struct delivery *outbox_find(const struct outbox *o, struct outcome_key key)
{
    for (size_t i = 0; i < o->n; i++)
        if (keys_are_equal(o->list[i].key, key))
            return &o->list[i];
    return NULL;
}

void outbox_add(struct outbox *o, struct outcome_key key, const char *hash, int64_t bytes, int64_t now_ms)
{
    struct delivery *d = outbox_find(o, key);
    if (!d) {
        o->list = mem_grow(o->list, o->n, &o->cap, sizeof *o->list);
        d = &o->list[o->n++];
        *d = (struct delivery){ .key = key, .born_ms = now_ms, .wait_ms = SESSION_DELIVER_MS };
    }
    str_copy(d->hash, sizeof d->hash, hash ? hash : "");
    d->bytes = bytes;
    d->is_uploading = false;
    d->due_ms = now_ms;
}

void outbox_keep(struct outbox *o, struct outcome_key key, int64_t now_ms)
{
    struct delivery *d = outbox_find(o, key);
    if (!d)
        return;
    d->is_uploading = false;
    d->due_ms = now_ms + d->wait_ms;
}

void outbox_remove(struct outbox *o, struct outcome_key key)
{
    struct delivery *d = outbox_find(o, key);
    if (!d)
        return;
    size_t i = (size_t)(d - o->list);
    memmove(d, d + 1, (o->n - i - 1) * sizeof *d);
    o->n--;
}

static void deliver(struct delivery *d, struct rng *rng, int64_t now_ms, struct session_effects *effects)
{
    effect_add(effects, EFFECT_DELIVER)->key = d->key;
    d->is_sent = true;
    d->due_ms = now_ms + d->wait_ms / 2 + (int64_t)rng_below(rng, (uint64_t)d->wait_ms);
    d->wait_ms = d->wait_ms * 2 < SESSION_DELIVER_MAX_MS ? d->wait_ms * 2 : SESSION_DELIVER_MAX_MS;
}

static void upload(struct delivery *d, struct session_effects *effects)
{
    struct session_effect *effect = effect_add(effects, EFFECT_UPLOAD);
    effect->hash = effect_own(effects, mem_strdup(d->hash));
    effect->bytes = d->bytes;
    d->is_uploading = true;
}

void outbox_run(struct outbox *o, struct rng *rng, int64_t now_ms, struct session_effects *effects)
{
    for (size_t i = 0; i < o->n; i++) {
        struct delivery *d = &o->list[i];
        if (d->is_uploading || now_ms < d->due_ms)
            continue;
        if (d->hash[0] && !d->is_stored)
            upload(d, effects);
        else
            deliver(d, rng, now_ms, effects);
    }
}

void outbox_hurry(struct outbox *o, int64_t now_ms)
{
    for (size_t i = 0; i < o->n; i++) {
        o->list[i].due_ms = now_ms;
        o->list[i].wait_ms = SESSION_DELIVER_MS;
    }
}

void outbox_uploaded(struct outbox *o, const struct session_event *event, struct session_effects *effects)
{
    for (size_t i = 0; i < o->n; i++) {
        struct delivery *d = &o->list[i];
        if (!d->is_uploading || strcmp(d->hash, event->hash) != 0)
            continue;
        d->is_uploading = false;
        d->due_ms = event->now_ms + (event->is_failed ? d->wait_ms : 0);
        if (event->is_missing) {
            effect_add(effects, EFFECT_STRIP)->key = d->key;
            d->is_uploading = true; /* until SPOOLED brings the record without it */
        } else if (!event->is_failed) {
            d->is_stored = true;
        }
    }
}

void outbox_upload_again(struct outbox *o, struct outcome_key key, int64_t now_ms)
{
    struct delivery *d = outbox_find(o, key);
    if (!d || !d->hash[0] || d->is_uploading)
        return;
    d->is_stored = false;
    d->due_ms = now_ms + (d->is_disputed ? d->wait_ms : 0);
    d->is_disputed = true;
}

int outbox_count_unsent(const struct outbox *o, int64_t now_ms)
{
    int n = 0;
    for (size_t i = 0; i < o->n; i++)
        n += !o->list[i].is_sent && now_ms - o->list[i].born_ms < SESSION_AHEAD_MS;
    return n;
}
