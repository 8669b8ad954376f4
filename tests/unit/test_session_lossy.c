/* test_session_lossy.c: agents and a small coordinator on a network that loses, repeats and delays, while agents are
 * killed and the coordinator restarts: by seed, on a virtual clock. In the end each trial is counted once, and nothing
 * waits in a spool.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/base/str.h"
#include "tests/tap.h"
#include "worker/core/session.h"

enum { N_TRIALS = 30, N_AGENTS = 3, N_SLOTS = 2, N_KEPT = 64, N_FLYING = 4096, STEP_MS = 50, LEASE_MS = 8000 };

/* ---- the network: frames that arrive when their time comes ---- */

struct flying {
    int64_t due_ms;
    int agent;
    uint64_t session; /* to the agent: lost when it has died meanwhile */
    bool to_agent;
    char *frame;
    size_t len;
};

/* ---- a disk, and processes ---- */

struct kept {
    struct outcome_key key;
    char *frame;
    size_t len;
};

struct process {
    bool is_alive, is_done;
    int64_t end_ms;
    int behaviour; /* 0 good, 1 crashes, 2 hangs, 3 stays for more */
    int64_t budget;
};

struct agent {
    struct session *session;
    uint64_t id, session_id;
    struct kept kept[N_KEPT];
    struct process processes[N_SLOTS];
};

struct trial {
    uint64_t lease; /* the last one given */
    bool is_leased, is_counted;
    int agent;
    uint64_t session;
    int64_t deadline_ms;
};

static struct {
    struct rng rng;
    int64_t now_ms;
    bool is_calm; /* no more faults */
    struct flying flying[N_FLYING];
    struct agent agents[N_AGENTS];
    struct trial trials[N_TRIALS + 1];
    uint64_t boot;
    uint64_t known[N_AGENTS]; /* the session that said HELLO since the coordinator started; 0: none */
    int64_t asked[N_AGENTS];
    int n_counted, n_kills, n_restarts, n_duplicates;
} sim;

static bool chance(int percent)
{
    return !sim.is_calm && rng_below(&sim.rng, 100) < (uint64_t)percent;
}

static void fly_once(int agent, bool to_agent, const char *frame, size_t len)
{
    for (int i = 0; i < N_FLYING; i++)
        if (!sim.flying[i].frame) {
            int64_t delay_ms = sim.is_calm ? 1 : (int64_t)rng_below(&sim.rng, chance(5) ? 3000 : 100);
            sim.flying[i] = (struct flying){ .due_ms = sim.now_ms + delay_ms,
                .agent = agent,
                .session = sim.agents[agent].session_id,
                .to_agent = to_agent,
                .frame = mem_alloc(len),
                .len = len };
            memcpy(sim.flying[i].frame, frame, len);
            return;
        }
    TAP_FAIL("a storm: %d frames are on their way", N_FLYING);
}

static void fly(int agent, bool to_agent, const char *frame, size_t len)
{
    if (chance(20))
        return;
    fly_once(agent, to_agent, frame, len);
    if (chance(10))
        fly_once(agent, to_agent, frame, len);
}

static void fly_message(int agent, bool to_agent, const struct message *m)
{
    struct str frame = { 0 };
    CHECK(message_encode(m, &frame));
    fly(agent, to_agent, frame.text, frame.len);
    str_deinit(&frame);
}

/* ---- the coordinator ---- */

static void welcome(int a, const struct message_hello *hello)
{
    if (hello->session != sim.agents[a].session_id)
        return; /* of a process that is dead */
    sim.known[a] = hello->session;
    sim.asked[a] = 0;
    fly_message(a, true,
        &(struct message){ .type = MESSAGE_WELCOME,
            .as.welcome = { .protocol = 1, .boot = sim.boot, .heartbeat_ms = 500, .lease_ms = LEASE_MS } });
}

static void count(int a, uint64_t trial, int64_t rung, uint64_t lease, bool is_result)
{
    struct trial *t = &sim.trials[trial];
    const char *verdict = "late";
    CHECK(lease >= 1);
    CHECK(lease <= t->lease);
    if (is_result && !t->is_counted) {
        t->is_counted = true;
        t->is_leased = false;
        sim.n_counted++;
        verdict = "counted";
    } else if (is_result) {
        sim.n_duplicates++;
        verdict = "duplicate";
    } else if (t->is_leased && t->lease == lease) {
        t->is_leased = false;
    }
    fly_message(a, true,
        &(struct message){ .type = MESSAGE_RESULT_ACK,
            .as.result_ack = { .trial = trial, .rung = rung, .lease = lease, .verdict = verdict } });
}

static void renew(int a, const struct message_beat *beat)
{
    struct record_lease_ref cancel[LIMIT_SLOTS];
    size_t n = 0;
    for (size_t i = 0; i < beat->n_held; i++) {
        struct trial *t = &sim.trials[beat->held[i].trial];
        if (t->is_leased && t->lease == beat->held[i].lease)
            t->deadline_ms = sim.now_ms + LEASE_MS;
        else
            cancel[n++] = beat->held[i];
    }
    fly_message(a, true,
        &(struct message){
            .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = sim.boot, .cancel = cancel, .n_cancel = n } });
}

static void coordinator_take(int a, const struct message *m)
{
    uint64_t session = m->type == MESSAGE_ASK ? m->as.ask.session : m->as.beat.session;
    if (m->type == MESSAGE_HELLO) {
        welcome(a, &m->as.hello);
    } else if (m->type == MESSAGE_RESULT) {
        count(a, m->as.result.trial, m->as.result.rung, m->as.result.lease, true);
    } else if (m->type == MESSAGE_FAIL) {
        count(a, m->as.fail.trial, m->as.fail.rung, m->as.fail.lease, false);
    } else if (session != sim.known[a]) {
        if (session == sim.agents[a].session_id)
            fly_message(a, true, &(struct message){ .type = MESSAGE_WHO, .as.who = { .boot = sim.boot } });
    } else if (m->type == MESSAGE_ASK) {
        sim.asked[a] = m->as.ask.free;
    } else if (m->type == MESSAGE_BEAT) {
        renew(a, &m->as.beat);
    }
}

static void grant(int a, uint64_t trial)
{
    struct trial *t = &sim.trials[trial];
    *t = (struct trial){ .lease = t->lease + 1,
        .is_leased = true,
        .agent = a,
        .session = sim.known[a],
        .deadline_ms = sim.now_ms + LEASE_MS };
    struct message m = { .type = MESSAGE_GRANT,
        .as.grant = { .trial = trial,
            .lease = t->lease,
            .campaign = "sim",
            .number = (int64_t)trial,
            .budget_to = 2,
            .metric = "loss",
            .config = "{}",
            .program = "linear",
            .progress_timeout_ms = 4000 } };
    fly_message(a, true, &m);
    if (chance(20))
        fly_message(a, true, &m);
}

static void coordinator_tick(void)
{
    for (uint64_t i = 1; i <= N_TRIALS; i++) {
        struct trial *t = &sim.trials[i];
        if (t->is_leased && sim.now_ms > t->deadline_ms)
            t->is_leased = false;
    }
    for (int a = 0; a < N_AGENTS; a++)
        for (uint64_t i = 1; i <= N_TRIALS && sim.asked[a] > 0; i++)
            if (!sim.trials[i].is_leased && !sim.trials[i].is_counted) {
                grant(a, i);
                sim.asked[a]--;
            }
}

/* ---- agents ---- */

static void agent_step(int a, struct session_event event);

static struct kept *find_kept(struct agent *agent, struct outcome_key key)
{
    for (int i = 0; i < N_KEPT; i++)
        if (agent->kept[i].frame && agent->kept[i].key.trial == key.trial && agent->kept[i].key.lease == key.lease)
            return &agent->kept[i];
    return NULL;
}

static void keep(struct agent *agent, const struct session_effect *effect)
{
    CHECK(!find_kept(agent, effect->key));
    for (int i = 0; i < N_KEPT; i++)
        if (!agent->kept[i].frame) {
            struct str frame = { 0 };
            CHECK(message_encode(&effect->message, &frame));
            agent->kept[i] = (struct kept){ .key = effect->key, .len = frame.len };
            agent->kept[i].frame = str_take(&frame);
            return;
        }
    TAP_FAIL("the spool is full");
}

static void start_process(struct agent *agent, const struct session_effect *effect)
{
    struct process *p = &agent->processes[effect->slot];
    CHECK(!p->is_alive);
    *p = (struct process){ .is_alive = true,
        .behaviour = sim.is_calm ? 0 : (int)rng_below(&sim.rng, 5),
        .end_ms = sim.now_ms + (int64_t)rng_below(&sim.rng, 3000) };
}

static void forget_kept(struct agent *agent, struct outcome_key key)
{
    struct kept *kept = find_kept(agent, key);
    CHECK(kept != NULL);
    free(kept->frame);
    kept->frame = NULL;
}

static void agent_do(int a, const struct session_effect *effect)
{
    struct agent *agent = &sim.agents[a];
    struct kept *kept;
    switch ((int)effect->kind) {
    case EFFECT_SEND:
        fly_message(a, false, &effect->message);
        break;
    case EFFECT_START:
        start_process(agent, effect);
        break;
    case EFFECT_TELL: /* stop, or the next rung: this process breaks over it */
    case EFFECT_KILL:
        agent->processes[effect->slot].end_ms = sim.now_ms; /* with the next turn */
        agent->processes[effect->slot].behaviour = 1;
        break;
    case EFFECT_END_INPUT:
        if (agent->processes[effect->slot].behaviour == 2) /* it stayed for more */
            agent->processes[effect->slot].behaviour = 1;
        break;
    case EFFECT_SPOOL:
        keep(agent, effect);
        break;
    case EFFECT_DELIVER:
        kept = find_kept(agent, effect->key);
        CHECK(kept != NULL);
        fly(a, false, kept->frame, kept->len);
        break;
    case EFFECT_FORGET:
        forget_kept(agent, effect->key);
        break;
    }
}

static void agent_step(int a, struct session_event event)
{
    struct session_effects effects = { 0 };
    event.now_ms = sim.now_ms;
    session_step(sim.agents[a].session, &event, &effects);
    for (size_t i = 0; i < effects.n; i++)
        agent_do(a, &effects.list[i]);
    for (size_t i = 0; i < effects.n; i++)
        if (effects.list[i].kind == EFFECT_SPOOL) {
            struct outcome_key key = effects.list[i].key;
            agent_step(a, (struct session_event){ .kind = SESSION_SPOOLED, .key = key });
        }
    session_effects_deinit(&effects);
}

static void start_agent(int a)
{
    struct agent *agent = &sim.agents[a];
    agent->session_id = rng_u64(&sim.rng);
    agent->session = session_new(&(struct session_config){ .worker = (uint64_t)a + 1,
        .session = agent->session_id,
        .name = "sim",
        .host = "sim",
        .version = "1",
        .work = "/attempts",
        .pid = 1,
        .cores = 1,
        .slots = N_SLOTS });
    for (int i = 0; i < N_KEPT; i++)
        if (agent->kept[i].frame)
            agent_step(a, (struct session_event){ .kind = SESSION_RECOVERED, .key = agent->kept[i].key, .hash = "" });
}

static void kill_agent(int a)
{
    session_free(sim.agents[a].session);
    memset(sim.agents[a].processes, 0, sizeof sim.agents[a].processes);
    sim.n_kills++;
    start_agent(a);
}

static void say(int a, int slot, const char *line)
{
    agent_step(a, (struct session_event){ .kind = SESSION_LINE, .slot = slot, .text = line, .len = strlen(line) });
}

static void end_process(int a, int slot)
{
    struct process *p = &sim.agents[a].processes[slot];
    if (p->behaviour == 2)
        return; /* hangs: the progress timeout kills it */
    if (p->behaviour != 1) {
        if (p->behaviour == 3)
            say(a, slot, "{\"continues\":true}");
        say(a, slot, "{\"step\":1,\"metrics\":{\"loss\":1}}");
        say(a, slot, "{\"step\":2,\"metrics\":{\"loss\":1}}");
        say(a, slot, "{\"done\":true}");
    }
    if (p->behaviour == 3) {
        p->behaviour = 2; /* stays, until it is told to go */
        return;
    }
    p->is_alive = false;
    agent_step(a, (struct session_event){ .kind = SESSION_EXITED,
                      .slot = slot,
                      .exit = &(struct session_exit){ .how = EXIT_STATUS, .status = p->behaviour, .reason = "" } });
}

static void agent_tick(int a)
{
    for (int slot = 0; slot < N_SLOTS; slot++)
        if (sim.agents[a].processes[slot].is_alive && sim.now_ms >= sim.agents[a].processes[slot].end_ms)
            end_process(a, slot);
    agent_step(a, (struct session_event){ .kind = SESSION_TICK });
}

/* ---- time ---- */

static void arrive(struct flying *f)
{
    struct message m;
    struct err e;
    char *frame = f->frame;
    int a = f->agent;
    if (message_decode(frame, f->len, &m, &e) < 0)
        TAP_FAIL("%s", e.text);
    bool to_agent = f->to_agent, is_there = f->session == sim.agents[a].session_id;
    f->frame = NULL;
    if (!to_agent)
        coordinator_take(a, &m);
    else if (is_there)
        agent_step(a, (struct session_event){ .kind = SESSION_MESSAGE, .message = &m });
    message_deinit(&m);
    free(frame);
}

static void turn(void)
{
    sim.now_ms += STEP_MS;
    for (int i = 0; i < N_FLYING; i++)
        if (sim.flying[i].frame && sim.now_ms >= sim.flying[i].due_ms)
            arrive(&sim.flying[i]);
    coordinator_tick();
    for (int a = 0; a < N_AGENTS; a++)
        agent_tick(a);
    if (rng_below(&sim.rng, 1000) < 5 && !sim.is_calm)
        kill_agent((int)rng_below(&sim.rng, N_AGENTS));
    if (rng_below(&sim.rng, 1000) < 3 && !sim.is_calm) {
        sim.boot++;
        sim.n_restarts++;
        memset(sim.known, 0, sizeof sim.known);
        memset(sim.asked, 0, sizeof sim.asked);
    }
}

static bool is_over(void)
{
    int kept = 0;
    for (int a = 0; a < N_AGENTS; a++)
        for (int i = 0; i < N_KEPT; i++)
            kept += sim.agents[a].kept[i].frame != NULL;
    return sim.n_counted == N_TRIALS && kept == 0;
}

static void end(void)
{
    for (int i = 0; i < N_FLYING; i++)
        free(sim.flying[i].frame);
    for (int a = 0; a < N_AGENTS; a++) {
        session_free(sim.agents[a].session);
        for (int i = 0; i < N_KEPT; i++)
            free(sim.agents[a].kept[i].frame);
    }
}

TEST(whatever_is_lost_repeated_or_killed_each_trial_is_counted_and_no_outcome_stays)
{
    int kills = 0, restarts = 0, duplicates = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        memset(&sim, 0, sizeof sim);
        rng_derive(&sim.rng, seed, 0, RNG_TEST, 0);
        sim.boot = 1;
        for (int a = 0; a < N_AGENTS; a++)
            start_agent(a);
        for (int i = 0; i < 1200 && !is_over(); i++) /* a minute of faults, then as long as it takes */
            turn();
        sim.is_calm = true;
        for (int i = 0; i < 12000 && !is_over(); i++)
            turn();
        if (!is_over())
            TAP_FAIL("seed %llu: %d of %d trials were counted", (unsigned long long)seed, sim.n_counted, N_TRIALS);
        kills += sim.n_kills;
        restarts += sim.n_restarts;
        duplicates += sim.n_duplicates;
        end();
    }
    CHECK(kills > 40); /* the faults are really there */
    CHECK(restarts > 20);
    CHECK(duplicates > 0);
}

TAP_MAIN
