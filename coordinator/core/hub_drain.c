/* hub_drain.c: workers that are asked to leave: they get no more work, and hand back what they run. */
#include "coordinator/core/hub_state.h"

#include <stdio.h>
#include <string.h>

struct send *hub_answer_beat(struct effects *fx, const struct worker *w)
{
    struct send *s = effects_send(fx, SEND_BEAT_ACK, w->peer);
    s->text = w->is_leaving ? effects_text(fx, "%s", w->row.why) : NULL;
    return s;
}

static void ask_to_leave(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w, const char *who)
{
    if (!w->is_leaving) {
        w->is_leaving = true;
        roster_set_state(w);
        snprintf(w->row.why, sizeof w->row.why, "%s asked it to leave", who);
        *effects_save_worker(fx) = w->row;
        struct event_row *row = hub_log(h, e, fx, EVENT_LEFT, NULL, NULL);
        row->worker = w->row.id;
        row->text = effects_text(fx, "%s", w->row.why);
    }
    hub_answer_beat(fx, w);
}

void hub_drain(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    int n = 0;
    for (size_t i = 0; i < h->roster.n; i++) {
        struct worker *w = h->roster.workers[i];
        if (!w->is_here || strcmp(w->row.name, e->as.drain.worker) != 0)
            continue;
        ask_to_leave(h, e, fx, w, e->as.drain.who);
        n++;
    }
    struct send *s = effects_send(fx, n ? SEND_DONE : SEND_REFUSED, e->peer);
    s->request = e->request;
    s->code = ERR_NOT_FOUND;
    s->text = n ? "it hands back what it runs, and leaves"
                : effects_text(fx, "no worker \"%s\" is here: rung workers names them", e->as.drain.worker);
}
