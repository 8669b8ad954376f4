#include "coordinator/tell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "coordinator/store/ask.h"

/* A byte of a text is at most six of JSON, and the rest of an event less than 400: a page fits a frame. */
#define PAGE_TEXT_BYTES ((LIMIT_FRAME - LIMIT_HAPPENINGS * 400) / 6 - 2 * LIMIT_REASON)

static const char *keep(struct telling *t, const char *text)
{
    if (!text)
        return NULL;
    t->texts = mem_grow(t->texts, t->n_texts, &t->cap_texts, sizeof *t->texts);
    size_t len = strnlen(text, LIMIT_REASON);
    char *copy = mem_zalloc(len + 1, 1);
    memcpy(copy, text, len);
    t->n_bytes += len;
    return t->texts[t->n_texts++] = copy;
}

static int take(void *context, const struct store_happening *h, struct err *e)
{
    struct telling *t = context;
    if (t->n_bytes > PAGE_TEXT_BYTES) {
        t->is_cut = true;
        return 0;
    }
    t->n_seen++;
    t->last = h->seq;
    if (h->campaign_id != t->campaign)
        return 0;
    t->events = mem_grow(t->events, t->n, &t->cap, sizeof *t->events);
    t->events[t->n++] = (struct record_happening){ .seq = h->seq,
        .wall_ms = h->wall_ms > 0 ? h->wall_ms : 0,
        .kind = keep(t, h->kind),
        .campaign = keep(t, h->campaign),
        .trial = h->trial,
        .has_rung = h->rung >= 0,
        .rung = h->rung >= 0 ? h->rung : 0,
        .lease = h->lease,
        .worker = keep(t, h->worker),
        .has_value = isfinite(h->value),
        .value = isfinite(h->value) ? h->value : 0,
        .text = h->text && *h->text ? keep(t, h->text) : NULL,
        .budget = h->budget,
        .place = h->place,
        .places = h->n_at_rung };
    return 0;
}

int tell_events(
    struct store *s, const struct campaign *c, const struct message_events *m, struct telling *t, struct err *e)
{
    if (!c)
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", m->campaign);
    struct message_events_reply *reply = &t->message.as.events_reply;
    t->message.type = MESSAGE_EVENTS_REPLY;
    t->campaign = c->row.id;
    t->last = m->since;
    if (store_ask_happenings(s, m->since, LIMIT_HAPPENINGS, take, t, e) < 0)
        return -1;
    *reply = (struct message_events_reply){ .request = m->request,
        .last = t->last,
        .is_more = t->is_cut || t->n_seen == LIMIT_HAPPENINGS,
        .events = t->events,
        .n_events = t->n };
    return 0;
}

void tell_deinit(struct telling *t)
{
    for (size_t i = 0; i < t->n_texts; i++)
        free(t->texts[i]);
    free(t->texts);
    free(t->events);
    *t = (struct telling){ 0 };
}

uint64_t tell_request_of(const struct message *m)
{
    return m->type == MESSAGE_SUBMIT    ? m->as.submit.request
           : m->type == MESSAGE_STATUS  ? m->as.status.request
           : m->type == MESSAGE_EVENTS  ? m->as.events.request
           : m->type == MESSAGE_CONTROL ? m->as.control.request
           : m->type == MESSAGE_IMPORT  ? m->as.import.request
           : m->type == MESSAGE_DRAIN   ? m->as.drain.request
           : m->type == MESSAGE_GC      ? m->as.gc.request
           : m->type == MESSAGE_REMOVE  ? m->as.remove.request
                                        : 0;
}
