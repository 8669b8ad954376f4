/* processes.c: the trials: good ones, and those that crash, hang, lie, diverge, or are killed. They speak the trial
 * contract in its real lines. */
#include "tests/sim/agents.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mutation.h"
#include "tests/sim/digest.h"
#include "tests/sim/truth.h"

#define SLOW_MACHINE 5 /* so many times as long takes each step of every second machine, in some worlds */

enum behaviour { GOOD, CRASH, DIVERGE, PREEMPT, STUCK, ABSURD, BAD_LINE, KILLED };

static void go_on_after(struct world *w, int a, int slot, int64_t ms)
{
    world_put(w, ITEM_PROCESS, a, slot, w->agents[a].processes[slot].life, ms, NULL);
}

/* ---- what it is told ---- */

static enum behaviour draw_behaviour(struct world *w)
{
    const struct {
        enum behaviour behaviour;
        int bp;
        enum fault fault;
    } kinds[] = {
        { CRASH, w->dials.crash, FAULT_CRASH },
        { DIVERGE, w->dials.diverge, FAULT_DIVERGE },
        { PREEMPT, w->dials.preempt, FAULT_PREEMPT },
        { STUCK, w->dials.stuck, FAULT_STUCK },
        { ABSURD, w->dials.absurd, FAULT_ABSURD },
        { BAD_LINE, w->dials.bad_line, FAULT_BAD_LINE },
        { KILLED, w->dials.kill_trial, FAULT_KILL_TRIAL },
    };
    int at = (int)world_below(w, 10000);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        at -= kinds[i].bp;
        if (at >= 0)
            continue;
        w->counts.faults[kinds[i].fault]++;
        return kinds[i].behaviour;
    }
    return GOOD;
}

static const char *after(const char *text, const char *key)
{
    const char *found = strstr(text, key);
    return found ? found + strlen(key) : "";
}

/* The part that a first line and a next one have in common. */
static void take_order(struct world *w, int a, struct process *p, const char *line)
{
    const char *out = after(line, "\"checkpoint_out\":\"");
    size_t len = strcspn(out, "\"");
    p->budget_to = strtoll(after(line, "\"budget_to\":"), NULL, 10);
    memcpy(p->out, out, len);
    p->out[len] = 0;
    p->behaviour = draw_behaviour(w);
    p->is_warm = p->is_stopping = false;
    p->pace_ms = (1 + world_below(w, 40)) * (w->seed % 8 == 1 && a % 2 ? SLOW_MACHINE : 1);
    p->begun_ms = w->now_ms;
    if (world_chance(w, w->dials.slow)) {
        p->pace_ms *= 30;
        w->counts.faults[FAULT_SLOW]++;
    }
    p->salt = (uint32_t)rng_u64(&w->rng);
}

/* What it goes on from must be what the grant says that it is. */
static void check_checkpoint(struct world *w, const struct message_grant *grant, uint64_t config)
{
    int i = grant->checkpoint ? blob_number(&w->blobs, grant->checkpoint) : -1;
    if (!grant->checkpoint && grant->budget_from != 0)
        world_fail(w, "the right checkpoint", "trial %" PRIu64 " starts at %" PRId64 " without one", grant->trial,
            grant->budget_from);
    if (!grant->checkpoint)
        return;
    const struct blob *b = &w->blobs.list[i];
    if (i < 0 || b->step != grant->budget_from || b->config != config)
        world_fail(w, "the right checkpoint",
            "trial %" PRIu64 " goes on from %" PRId64 ", and its checkpoint is of step %" PRId64 "%s", grant->trial,
            grant->budget_from, b->step, b->config != config ? ", of another configuration" : "");
}

void process_start(struct world *w, int a, const struct session_effect *effect)
{
    struct process *p = &w->agents[a].processes[effect->slot];
    const struct message_grant *grant = effect->grant;
    if (p->is_alive)
        world_fail(w, "one process a slot", "worker %d starts a second one in slot %d", a, effect->slot);
    uint64_t life = p->life;
    *p = (struct process){ .is_alive = true, .life = life + 1, .trial = grant->trial, .step = grant->budget_from };
    p->config = digest_text(grant->config);
    check_checkpoint(w, grant, p->config);
    take_order(w, a, p, effect->text);
    p->continues = world_below(w, 4) == 0;
    go_on_after(w, a, effect->slot, 1 + world_below(w, 5));
    agent_later(&w->agents[a], SESSION_STARTED)->event.slot = effect->slot;
}

void process_tell(struct world *w, int a, const struct session_effect *effect)
{
    struct process *p = &w->agents[a].processes[effect->slot];
    if (!p->is_alive)
        return;
    if (strstr(effect->text, "\"stop\"")) {
        p->is_stopping = true;
        return;
    }
    take_order(w, a, p, effect->text);
    p->life++;
    go_on_after(w, a, effect->slot, 1 + world_below(w, 5));
}

void process_end_input(struct world *w, int a, const struct session_effect *effect)
{
    struct process *p = &w->agents[a].processes[effect->slot];
    p->is_stopping = true;
    if (p->is_alive && p->is_warm) {
        p->life++;
        go_on_after(w, a, effect->slot, 1 + world_below(w, 20));
    }
}

void process_kill(struct world *w, int a, const struct session_effect *effect)
{
    struct process *p = &w->agents[a].processes[effect->slot];
    if (!p->is_alive)
        return;
    p->is_killed = true;
    p->life++;
    go_on_after(w, a, effect->slot, 1 + world_below(w, 5));
}

/* ---- what it says ---- */

static void say(struct world *w, int a, int slot, const char *line)
{
    agent_take(w, a, (struct session_event){ .kind = SESSION_LINE, .slot = slot, .text = line, .len = strlen(line) });
}

static void leave(struct world *w, int a, int slot, enum exit_how how, int status)
{
    struct session_exit ended = { .how = how, .status = status, .reason = "", .log = "" };
    ended.seconds = (double)(w->now_ms - w->agents[a].processes[slot].begun_ms) / 1000;
    w->agents[a].processes[slot].is_alive = false;
    agent_take(w, a, (struct session_event){ .kind = SESSION_EXITED, .slot = slot, .exit = &ended });
}

static void report(struct world *w, int a, int slot)
{
    static const char *const absurd[] = { "1e300", "-1e308", "4.9e-324", "-0", "123456789012345678901234567890" };
    const struct process *p = &w->agents[a].processes[slot];
    char line[128];
    if (p->behaviour == ABSURD)
        snprintf(
            line, sizeof line, "{\"step\":%" PRId64 ",\"metrics\":{\"loss\":%s}}", p->step, absurd[world_below(w, 5)]);
    else
        snprintf(line, sizeof line, "{\"step\":%" PRId64 ",\"metrics\":{\"loss\":%" PRId64 "}}", p->step,
            truth_value(p->config, p->step, p->salt));
    say(w, a, slot, line);
}

static int find_of_trial(const struct world *w, uint64_t config)
{
    for (size_t i = w->blobs.n; i-- > 0;)
        if (w->blobs.list[i].config == config)
            return (int)i;
    return -1;
}

static void write_checkpoint(struct world *w, int a, int slot)
{
    struct agent *g = &w->agents[a];
    const struct process *p = &g->processes[slot];
    struct blob blob = { .config = p->config, .step = p->step, .salt = p->salt };
    char line[256];
    int i = mutation(BLOB_BY_TRIAL) ? find_of_trial(w, p->config) : -1;
    if (i >= 0) {
        w->blobs.list[i].step = blob.step;
        w->blobs.list[i].salt = blob.salt;
    } else {
        i = blobs_add(&w->blobs, blob);
    }
    g->files[g->next_file++ % SIM_FILES] = (struct file){ .path = digest_text(p->out), .blob = i };
    snprintf(line, sizeof line, "{\"checkpoint\":\"%s\",\"step\":%" PRId64 "}", p->out, p->step);
    say(w, a, slot, line);
}

/* ---- its life ---- */

static bool misbehave(struct world *w, int a, int slot)
{
    struct process *p = &w->agents[a].processes[slot];
    switch ((enum behaviour)p->behaviour) {
    case GOOD:
    case ABSURD:
        return false;
    case CRASH:
        leave(w, a, slot, world_below(w, 8) ? EXIT_STATUS : EXIT_MEMORY, 1);
        return true;
    case DIVERGE:
        say(w, a, slot, "{\"diverged\":\"not finite\"}");
        if (p->is_alive && !p->is_killed)
            leave(w, a, slot, EXIT_STATUS, 0);
        return true;
    case PREEMPT:
        if (world_below(w, 2))
            write_checkpoint(w, a, slot);
        if (p->is_alive && !p->is_killed)
            leave(w, a, slot, EXIT_STATUS, 75);
        return true;
    case STUCK:
        return true; /* and nothing ever again */
    case BAD_LINE:
        say(w, a, slot, "loss is 0.3");
        return true;
    case KILLED:
        leave(w, a, slot, world_below(w, 2) ? EXIT_SIGNAL : EXIT_LOST, SIGKILL);
        return true;
    }
    return false;
}

static void finish(struct world *w, int a, int slot)
{
    struct process *p = &w->agents[a].processes[slot];
    uint64_t life = p->life;
    if (world_below(w, 16)) /* a few keep no checkpoint */
        write_checkpoint(w, a, slot);
    if (p->life != life || !p->is_alive)
        return;
    p->is_warm = p->continues;
    say(w, a, slot, "{\"done\":true}");
    if (p->life == life && p->is_alive && !p->continues)
        leave(w, a, slot, EXIT_STATUS, 0);
}

static void stop_early(struct world *w, int a, int slot)
{
    struct process *p = &w->agents[a].processes[slot];
    uint64_t life = p->life;
    if (world_below(w, 3))
        write_checkpoint(w, a, slot);
    if (p->life == life && p->is_alive)
        leave(w, a, slot, EXIT_STATUS, 0);
}

void process_go_on(struct world *w, int a, int slot)
{
    struct process *p = &w->agents[a].processes[slot];
    uint64_t life = p->life;
    if (p->is_killed) {
        leave(w, a, slot, EXIT_SIGNAL, SIGKILL);
        return;
    }
    if (p->is_warm) {
        leave(w, a, slot, EXIT_STATUS, 0);
        return;
    }
    if (p->continues && p->step == 0)
        say(w, a, slot, "{\"continues\":true}");
    int64_t left = p->budget_to - p->step;
    int64_t steps = left <= 1 ? left : 1 + world_below(w, left);
    if ((steps == left || world_below(w, 2)) && p->behaviour != GOOD && misbehave(w, a, slot))
        return;
    p->step += steps;
    report(w, a, slot);
    if (p->life != life || !p->is_alive)
        return;
    if (p->step == p->budget_to)
        finish(w, a, slot);
    else if (p->is_stopping && p->behaviour != STUCK)
        stop_early(w, a, slot);
    else
        go_on_after(w, a, slot, p->pace_ms * (steps < 20 ? steps : 20));
}
