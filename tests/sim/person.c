#include "tests/sim/person.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/network.h"

#define THINK_MS 1000

static void say(struct world *w, const struct message *m)
{
    struct parcel *p = parcel_new(m, false); /* a plan's number stands for its file */
    network_up_from(w, CLIENT_PEER, p);
    parcel_drop(p);
}

static void submit(struct world *w, int plan)
{
    char file[16];
    snprintf(file, sizeof file, "%d", plan);
    say(w, &(struct message){ .type = MESSAGE_SUBMIT, .as.submit = { .request = (uint64_t)plan + 1, .file = file } });
}

static void steer(struct world *w, int plan, struct message_control ask)
{
    char name[32];
    snprintf(name, sizeof name, "plan-%d", plan);
    ask.request = 100 + w->person.n_requests++; /* each is meant: a repeated number would not be done again */
    ask.campaign = name;
    say(w, &(struct message){ .type = MESSAGE_CONTROL, .as.control = ask });
}

static void control(struct world *w, int plan, const char *action)
{
    steer(w, plan, (struct message_control){ .action = action });
}

static void extend(struct world *w, int plan)
{
    steer(w, plan, (struct message_control){ .action = "extend", .more_trials = 1 + world_below(w, 3) });
}

static void enqueue(struct world *w, int plan)
{
    char config[24];
    snprintf(config, sizeof config, "%d", (int)world_below(w, 1 << 30));
    steer(w, plan, (struct message_control){ .action = "enqueue", .config = config });
}

void person_drain(struct world *w, int agent)
{
    char name[16];
    snprintf(name, sizeof name, "sim-%d", agent);
    say(w, &(struct message){
               .type = MESSAGE_DRAIN, .as.drain = { .request = 100 + w->person.n_requests++, .worker = name } });
}

static const struct campaign *find(const struct world *w, int plan)
{
    char name[32];
    snprintf(name, sizeof name, "plan-%d", plan);
    return w->coordinator.hub ? hub_find_campaign(w->coordinator.hub, name) : NULL;
}

static bool is_over(const struct world *w, int plan)
{
    const struct campaign *c = find(w, plan);
    return c && campaign_is_over(c);
}

/* The next campaign comes when the one before is over, or out of impatience. */
static bool wants_next(struct world *w)
{
    const struct person *p = &w->person;
    if (p->n_submitted >= w->drawn.campaigns)
        return false;
    return p->n_submitted == 0 || w->is_calm || is_over(w, p->n_submitted - 1) || world_below(w, 30) == 0;
}

void person_act(struct world *w)
{
    struct person *p = &w->person;
    world_put(w, ITEM_CLIENT, 0, 0, 0, THINK_MS, NULL);
    if (wants_next(w))
        p->n_submitted++;
    for (int i = 0; i < p->n_submitted; i++) {
        if (!find(w, i))
            submit(w, i); /* it may have been lost on its way, or with an older store */
        else if (w->is_calm)
            control(w, i, "resume");
    }
    if (p->n_submitted == 0 || world_below(w, 1000) >= w->dials.people)
        return;
    static const char *const actions[] = { "pause", "resume", "pause", "resume", "resume", "resume", "stop" };
    int plan = (int)world_below(w, p->n_submitted);
    switch (world_below(w, 4)) {
    case 0:
        extend(w, plan);
        break;
    case 1:
        enqueue(w, plan);
        break;
    default:
        control(w, plan, actions[world_below(w, 7)]);
    }
    w->counts.faults[FAULT_PEOPLE]++;
}

void person_take(struct world *w, const struct parcel *p)
{
    if (p->message.type == MESSAGE_SUBMITTED)
        w->person.is_confirmed[atoi(p->message.as.submitted.campaign + 5) % SIM_CAMPAIGNS] = true;
}

bool person_is_content(const struct world *w)
{
    if (w->person.n_submitted < w->drawn.campaigns)
        return false;
    for (int i = 0; i < w->drawn.campaigns; i++)
        if (!is_over(w, i))
            return false;
    return true;
}
