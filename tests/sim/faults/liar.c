/* liar.c: messages that are well formed and untrue: of leases that were never given, of trials that do not exist, with
 * values that nobody measured, checkpoints that nobody has, sessions that nobody is. */
#include "tests/sim/faults/faults.h"

#include "tests/sim/network.h"

#define LIAR_PEER (UINT64_C(1) << 60)

static uint64_t some_key(struct world *w)
{
    return world_below(w, 3) ? w->agents[world_below(w, w->drawn.agents)].key : 666 + (uint64_t)world_below(w, 2);
}

static uint64_t some_session(struct world *w)
{
    return world_below(w, 2) ? w->agents[world_below(w, w->drawn.agents)].session_id | 1 : 667;
}

static uint64_t some_trial(struct world *w)
{
    return 1 + (uint64_t)world_below(w, (int64_t)w->coordinator.store.now.n_trials + 2);
}

static const char *some_hash(struct world *w)
{
    return world_below(w, 2) ? NULL : "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
}

static const char *some_metrics(struct world *w)
{
    static const char *const metrics[] = { "{\"loss\":-1e300}", "{\"loss\":0}", "{\"other\":1}", "{}" };
    return metrics[world_below(w, 4)];
}

static struct message a_result(struct world *w, struct record_curve_point *point)
{
    *point = (struct record_curve_point){ .step = 1 + world_below(w, 30), .metrics = some_metrics(w) };
    return (struct message){ .type = MESSAGE_RESULT,
        .as.result = { .session = some_session(w),
            .trial = some_trial(w),
            .rung = world_below(w, 4),
            .lease = (uint64_t)world_below(w, 4),
            .worker = some_key(w),
            .budget = world_below(w, 30),
            .curve = point,
            .n_curve = (size_t)world_below(w, 2),
            .checkpoint = some_hash(w),
            .checkpoint_bytes = 10 } };
}

static struct message a_failure(struct world *w)
{
    return (struct message){ .type = MESSAGE_FAIL,
        .as.fail = { .session = some_session(w),
            .trial = some_trial(w),
            .rung = world_below(w, 4),
            .lease = (uint64_t)world_below(w, 4),
            .worker = some_key(w),
            .kind = failure_kind_names[world_below(w, FAILURE_N_KINDS)],
            .reason = "a lie",
            .budget = world_below(w, 30),
            .checkpoint = some_hash(w),
            .checkpoint_bytes = 10 } };
}

static struct message a_hello(struct world *w, const struct record_lease_ref *ref)
{
    return (struct message){ .type = MESSAGE_HELLO,
        .as.hello = { .protocol_min = 1,
            .protocol_max = 1 + world_below(w, 3),
            .version = "0",
            .worker = some_key(w),
            .session = some_session(w),
            .name = "liar",
            .host = "liar",
            .pid = 1,
            .slots = 1 + world_below(w, 4),
            .cores = 1,
            .held = ref,
            .n_held = (size_t)world_below(w, 2) } };
}

static struct message a_beat(struct world *w, const struct record_lease_ref *ref)
{
    return (struct message){ .type = MESSAGE_BEAT,
        .as.beat = { .session = some_session(w), .held = ref, .n_held = (size_t)world_below(w, 2) } };
}

static struct message an_ask(struct world *w)
{
    return (struct message){ .type = MESSAGE_ASK, .as.ask = { .session = some_session(w), .free = world_below(w, 6) } };
}

static struct message a_progress(struct world *w)
{
    return (struct message){ .type = MESSAGE_PROGRESS,
        .as.progress = { .session = some_session(w),
            .trial = some_trial(w),
            .lease = (uint64_t)world_below(w, 4),
            .step = world_below(w, 1000000),
            .metrics = some_metrics(w) } };
}

void liar_speak(struct world *w)
{
    struct record_curve_point point;
    struct record_lease_ref ref = { .trial = some_trial(w), .lease = (uint64_t)world_below(w, 4) };
    int64_t what = world_below(w, 8);
    struct message m = what < 3    ? a_result(w, &point)
                       : what == 3 ? a_failure(w)
                       : what == 4 ? a_hello(w, &ref)
                       : what == 5 ? a_beat(w, &ref)
                       : what == 6 ? an_ask(w)
                                   : a_progress(w);
    struct parcel *p = parcel_new(&m, w->drawn.frames);
    p->is_forged = true;
    w->counts.faults[FAULT_LIE]++;
    network_up_from(w, LIAR_PEER, p);
    parcel_drop(p);
}
