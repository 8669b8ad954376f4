#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "coordinator/core/hub_state.h"

/* What a person at the screen would call news: leases, repeated results and the like are not. */
static bool is_news(const struct event_row *row)
{
    return row->kind != EVENT_GRANTED && row->kind != EVENT_LATE;
}

void hub_remember_news(struct hub *h, const struct hub_event *e, const struct effects *fx)
{
    for (size_t i = 0; i < fx->n_saves; i++) {
        const struct event_row *row = &fx->saves[i].as.event;
        if (fx->saves[i].kind != SAVE_EVENT || !is_news(row))
            continue;
        struct hub_news *news = &h->news[h->n_news++ % HUB_NEWS];
        *news = (struct hub_news){ .seq = row->seq,
            .now_ms = e->now_ms,
            .kind = row->kind,
            .campaign = row->campaign,
            .trial = row->trial,
            .worker = row->worker,
            .rung = row->rung,
            .value = row->value };
        str_copy(news->text, sizeof news->text, row->text);
    }
}

size_t hub_n_news(const struct hub *h)
{
    return h->n_news < HUB_NEWS ? h->n_news : HUB_NEWS;
}

const struct hub_news *hub_news(const struct hub *h, size_t i)
{
    return &h->news[(h->n_news - 1 - i) % HUB_NEWS];
}

void hub_note_live(struct trial *t, int64_t step, double value)
{
    if (!isfinite(value))
        return;
    if (!t->live)
        t->live = mem_zalloc(1, sizeof *t->live);
    struct live_curve *c = t->live;
    if (c->n > 0 && c->steps[c->n - 1] >= step)
        return;
    if (c->n == LIVE_POINTS) {
        c->n--;
        memmove(c->steps, c->steps + 1, (size_t)c->n * sizeof *c->steps);
        memmove(c->values, c->values + 1, (size_t)c->n * sizeof *c->values);
    }
    c->steps[c->n] = step;
    c->values[c->n++] = value;
}

void hub_forget_live(struct trial *t)
{
    free(t->live);
    t->live = NULL;
}
