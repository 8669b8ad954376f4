#include "tests/sim/trace.h"

#include <inttypes.h>
#include <stdio.h>

bool trace_is_on;

static void begin(const struct world *w)
{
    printf("%6" PRId64 ".%03d ", w->now_ms / 1000, (int)(w->now_ms % 1000));
}

void trace_note(const struct world *w, const char *what, int actor)
{
    if (!trace_is_on)
        return;
    begin(w);
    printf("---- %s %d\n", what, actor);
}

static void print_held(const struct lease_ref *held, int n)
{
    for (int i = 0; i < n; i++)
        printf(" %" PRId64 "/%" PRIu64, held[i].trial, held[i].lease);
}

static void print_event(const struct hub_event *e)
{
    const struct hub_outcome *o = &e->as.outcome;
    printf("hub %s of %" PRIx64, count_hub_names[e->kind] ? count_hub_names[e->kind] : "other", e->session & 0xffff);
    if (e->kind == HUB_RESULT || e->kind == HUB_FAIL)
        printf(" trial %" PRId64 " rung %d lease %" PRIu64 " failure %d checkpoint %.8s%s", o->trial, o->rung, o->lease,
            o->failure, o->checkpoint, o->checkpoint_is_stored ? "" : " not stored");
    if (e->kind == HUB_HELLO)
        print_held(e->as.hello.held, e->as.hello.n_held);
    if (e->kind == HUB_BEAT)
        print_held(e->as.beat.held, e->as.beat.n_held);
    if (e->kind == HUB_ASK)
        printf(" for %d", e->as.ask_free);
    putchar('\n');
}

static void print_effects(const struct effects *fx)
{
    for (size_t i = 0; i < fx->n_saves; i++) {
        const struct event_row *row = &fx->saves[i].as.event;
        if (fx->saves[i].kind == SAVE_EVENT)
            printf("             %s trial %" PRId64 " rung %d lease %" PRIu64 " worker %" PRId64 " %s\n",
                event_kind_names[row->kind], row->trial, row->rung, row->lease, row->worker, row->text);
    }
    for (size_t i = 0; i < fx->n_sends; i++)
        if (fx->sends[i].kind == SEND_RESULT_ACK)
            printf("             says %s of %" PRId64 "/%" PRIu64 "\n", fx->sends[i].text, fx->sends[i].ack_trial,
                fx->sends[i].ack_lease);
}

void trace_hub(const struct world *w, const struct hub_event *e)
{
    if (!trace_is_on || (e->kind == HUB_TICK && w->coordinator.effects.n_saves == 0))
        return;
    begin(w);
    print_event(e);
    print_effects(&w->coordinator.effects);
}

void trace_agent(const struct world *w, int a, const struct session_event *e)
{
    const struct session_effects *fx = &w->agents[a].effects;
    if (!trace_is_on || (e->kind == SESSION_TICK && fx->n == 0))
        return;
    begin(w);
    printf("  agent %d (%" PRIx64 ") %s", a, w->agents[a].session_id & 0xffff,
        count_session_names[e->kind] ? count_session_names[e->kind] : "other");
    if (e->kind == SESSION_MESSAGE)
        printf(" %s", message_name(e->message->type));
    if (e->kind == SESSION_LINE)
        printf(" %s", e->text);
    putchar('\n');
    for (size_t i = 0; i < fx->n; i++)
        if (fx->list[i].kind == EFFECT_LOG)
            printf("             %s\n", fx->list[i].text);
        else if (fx->list[i].kind == EFFECT_SEND)
            printf("             sends %s\n", message_name(fx->list[i].message.type));
        else if (fx->list[i].kind == EFFECT_DELIVER)
            printf("             delivers %" PRIu64 "/%" PRIu64 "\n", fx->list[i].key.trial, fx->list[i].key.lease);
}
