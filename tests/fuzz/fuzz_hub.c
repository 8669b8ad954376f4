/* Event sequences into the hub: each step of the input is an event that the bridge could make of some message, in any
 * order, about any lease. After each, what DESIGN promises must hold: at most one counted result a (trial, rung), and
 * states that agree with each other; and at the end, and wherever the input says so, the hub made again from the rows
 * is the same.
 */
#include <math.h>

#include "common/base/mem.h"
#include "coordinator/core/hub.h"
#include "tests/fuzz/must.h"

enum {
    N_WORKERS = 3,
    N_SESSIONS = 4,
    MOST_CAMPAIGNS = 3,
    MOST_TRIALS = 192,
    MOST_NOTES = 4096,
    MOST_IMPORTS = 512,
    MOST_STEERS = 600,
    MOST_STEPS = 600
};

/* What the database would hold. */
static struct {
    struct campaign_row campaigns[MOST_CAMPAIGNS];
    int n_campaigns;
    struct trial_row trials[MOST_TRIALS];
    double x[MOST_TRIALS][2];
    int64_t n_trials;
    bool is_counted[MOST_TRIALS][LIMIT_RUNGS];
    struct event_row notes[MOST_NOTES];
    int n_notes;
    struct import_row imports[MOST_IMPORTS];
    double imported[MOST_IMPORTS][2];
    int n_imports;
    struct steer_row steers[MOST_STEERS];
    double steer_x[MOST_STEERS][2];
    int n_steers;
    struct worker_row workers[N_WORKERS];
    int n_workers;
    uint64_t seq;
} rows;

static struct hub *hub;
static struct effects fx;
static int64_t now_ms;
static const struct hub_settings settings = { .lease_ms = 30000, .heartbeat_ms = 1000 };

static struct campaign_spec *make_spec(int number)
{
    static const struct param params[] = {
        { .name = "a", .type = PARAM_FLOAT, .low = 0, .high = 1 },
        { .name = "b", .type = PARAM_INT, .low = 1, .high = 100, .step = 1 },
    };
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    *spec = (struct campaign_spec){ .seed = 7, .metric = "loss" };
    snprintf(spec->name, sizeof spec->name, "campaign-%d", number);
    spec->space.n_params = 2;
    spec->space.params = mem_alloc(sizeof params);
    memcpy(spec->space.params, params, sizeof params);
    spec->search = (struct search_spec){ .sampler = number == 1 ? SAMPLER_TPE : SAMPLER_RANDOM,
        .scheduler = number == 2 ? SCHEDULER_SYNC_HYPERBAND : SCHEDULER_HYPERBAND,
        .min_budget = 1,
        .max_budget = 9,
        .eta = 3,
        .n_trials = 20 };
    spec->limits.n_trials = 20;
    spec->limits.checkpoints_bytes = number == 1 ? INT64_C(100) << 20 : 0;
    return spec;
}

/* ---- the rows ---- */

/* A retry takes back that the trial's failure was counted. */
static void keep_steer(const struct steer_row *row)
{
    int i = rows.n_steers++;
    MUST(i < MOST_STEERS && row->seq == rows.seq);
    rows.steers[i] = *row;
    rows.steers[i].who = rows.steers[i].text = "";
    if (row->x)
        rows.steers[i].x = memcpy(rows.steer_x[i], row->x, sizeof rows.steer_x[i]);
    if (row->action == STEER_RETRY)
        rows.is_counted[row->trial - 1][rows.trials[row->trial - 1].rung] = false;
}

static void keep_save(const struct save *s)
{
    if (s->kind == SAVE_IMPORT) {
        struct import_row *row = &rows.imports[rows.n_imports];
        MUST(rows.n_imports < MOST_IMPORTS && s->as.import.seq == rows.seq + 1);
        *row = s->as.import;
        row->x = memcpy(rows.imported[rows.n_imports++], row->x, sizeof rows.imported[0]);
    }
    if (s->kind == SAVE_EVENT) {
        MUST(s->as.event.seq == rows.seq + 1);
        rows.seq = s->as.event.seq;
        if (s->as.event.kind <= EVENT_ABANDONED) {
            MUST(rows.n_notes < MOST_NOTES);
            rows.notes[rows.n_notes] = s->as.event;
            rows.notes[rows.n_notes++].text = "";
        }
    }
    if (s->kind == SAVE_STEER)
        keep_steer(&s->as.steer);
    if (s->kind != SAVE_RESULT || !s->as.result.is_counted)
        return;
    const struct result_row *r = &s->as.result;
    MUST(r->trial >= 1 && r->trial <= rows.n_trials && r->rung >= 0 && r->rung < LIMIT_RUNGS);
    MUST(!rows.is_counted[r->trial - 1][r->rung]);
    rows.is_counted[r->trial - 1][r->rung] = true;
}

static void keep_rows(void)
{
    for (size_t i = 0; i < fx.n_campaigns; i++) {
        int k = (int)fx.campaigns[i]->row.id - 1;
        MUST(k >= 0 && k <= rows.n_campaigns && k < MOST_CAMPAIGNS);
        rows.campaigns[k] = fx.campaigns[i]->row;
        rows.n_campaigns += k == rows.n_campaigns;
    }
    for (size_t i = 0; i < fx.n_workers; i++) {
        int k = (int)fx.workers[i].id - 1;
        MUST(k >= 0 && k <= rows.n_workers && k < N_WORKERS);
        rows.workers[k] = (struct worker_row){ .id = k + 1, .key = fx.workers[i].key, .state = "gone" };
        rows.workers[k].name = rows.workers[k].host = rows.workers[k].version = rows.workers[k].kernel = "";
        rows.n_workers += k == rows.n_workers;
    }
    for (size_t i = 0; i < fx.n_trials; i++) {
        int64_t k = fx.trials[i]->row.id - 1;
        MUST(k >= 0 && k <= rows.n_trials && k < MOST_TRIALS);
        memcpy(rows.x[k], fx.trials[i]->row.x, sizeof rows.x[k]);
        rows.trials[k] = fx.trials[i]->row;
        rows.trials[k].x = rows.x[k];
        rows.n_trials += k == rows.n_trials;
    }
    for (size_t i = 0; i < fx.n_saves; i++)
        keep_save(&fx.saves[i]);
}

/* ---- what must hold ---- */

static bool is_same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_row(const struct trial_row *a, const struct trial_row *b)
{
    MUST(a->id == b->id && a->campaign == b->campaign && a->number == b->number && a->state == b->state);
    MUST(a->bracket == b->bracket && a->rung == b->rung && a->budget == b->budget && a->reached == b->reached);
    MUST(is_same_number(a->value, b->value) && a->lease == b->lease && a->worker == b->worker);
    MUST(a->n_attempts == b->n_attempts && a->n_broken == b->n_broken);
    MUST(memcmp(a->broke_on, b->broke_on, sizeof a->broke_on) == 0 && memcmp(a->x, b->x, sizeof rows.x[0]) == 0);
    MUST(strcmp(a->checkpoint, b->checkpoint) == 0 && a->checkpoint_bytes == b->checkpoint_bytes);
}

static void check_campaign(const struct campaign *c)
{
    size_t n[TRIAL_SET_ASIDE + 1] = { 0 };
    int64_t bytes = 0;
    MUST(c->n_trials <= (size_t)c->spec->limits.n_trials);
    for (size_t i = 0; i < c->n_trials; i++) {
        const struct trial *t = c->trials[i];
        n[t->row.state]++;
        bytes += t->row.checkpoint_bytes;
        MUST(t->row.number == i + 1 && hub_find_trial(hub, t->row.id) == t);
        MUST((t->row.state == TRIAL_RUNNING) == (t->row.worker != 0));
        MUST(!campaign_is_over(c) || !trial_is_open(t));
        MUST(t->row.checkpoint[0] || t->row.budget == 0);
        check_row(&t->row, &rows.trials[t->row.id - 1]);
    }
    MUST(bytes == c->checkpoint_bytes);
    MUST(memcmp(n, c->n_states, sizeof n) == 0 && c->n_queue == n[TRIAL_QUEUED]);
    MUST(!c->best || !isnan(c->best->row.value));
}

static void check_hub(void)
{
    size_t n_running = 0;
    for (size_t i = 0; i < hub_n_campaigns(hub); i++) {
        check_campaign(hub_campaign(hub, i));
        n_running += hub_campaign(hub, i)->n_states[TRIAL_RUNNING];
    }
    MUST(n_running == hub_n_running(hub) && hub_seq(hub) == rows.seq);
}

static void step(struct hub_event *e)
{
    e->now_ms = now_ms;
    e->wall_ms = now_ms;
    effects_clear(&fx);
    hub_step(hub, e, &fx);
    keep_rows();
    check_hub();
}

/* The notes of one campaign, or, with 0, of all, and what people steered, in the order of seq. */
static void replay(struct hub *h, int64_t campaign)
{
    int steer = 0;
    for (int i = 0; i <= rows.n_notes; i++) {
        uint64_t until = i < rows.n_notes ? rows.notes[i].seq : UINT64_MAX;
        for (; steer < rows.n_steers && rows.steers[steer].seq < until; steer++)
            if (!campaign || campaign == rows.steers[steer].campaign)
                MUST(hub_load_steer(h, &rows.steers[steer], NULL) == 0);
        if (i == rows.n_notes || (campaign && campaign != rows.notes[i].campaign))
            continue;
        if (hub_campaign(h, (size_t)rows.notes[i].campaign - 1)->search)
            MUST(hub_load_note(h, &rows.notes[i], NULL) == 0);
    }
}

static void load_imports(struct hub *h, int64_t campaign)
{
    for (int i = 0; i < rows.n_imports; i++)
        if ((!campaign || campaign == rows.imports[i].campaign) &&
            hub_campaign(h, (size_t)rows.imports[i].campaign - 1)->search)
            MUST(hub_load_import(h, &rows.imports[i], 2, NULL) == 0);
}

/* The hub again from its rows; what only lives in memory may differ, the rest is the same. */
static void restart(void)
{
    struct hub *old = hub, *new = hub_new(&settings, 2);
    for (int i = 0; i < rows.n_workers; i++)
        MUST(hub_load_worker(new, &rows.workers[i], NULL) == 0);
    for (int i = 0; i < rows.n_campaigns; i++) {
        struct campaign_row row = rows.campaigns[i];
        row.file = "{}";
        MUST(hub_load_campaign(new, &row, make_spec(i), (struct rules){ 0 }, NULL) == 0);
    }
    for (int i = 0; i < rows.n_steers; i++)
        MUST(hub_load_limits(new, &rows.steers[i], NULL) == 0);
    for (int64_t i = 0; i < rows.n_trials; i++)
        MUST(hub_load_trial(new, &rows.trials[i], NULL) == 0);
    replay(new, 0);
    load_imports(new, 0);
    hub_start(new, rows.seq, rows.n_trials, now_ms);
    effects_clear(&fx);
    hub = new;
    check_hub();
    for (size_t i = 0; i < hub_n_campaigns(old); i++) {
        const struct campaign *a = hub_campaign(old, i), *b = hub_campaign(new, i);
        MUST(a->best == b->best || (a->best && b->best && a->best->row.id == b->best->row.id));
        MUST(a->budget_spent == b->budget_spent);
        MUST(campaign_is_over(a) || (a->n_results == b->n_results && a->n_reached == b->n_reached));
    }
    hub_free(old);
}

/* ---- events from bytes ---- */

/* A lease that somebody may speak of: mostly one that is running, or one near it. */
static struct lease_ref take_ref(struct input *in)
{
    size_t n = hub_n_running(hub);
    struct lease_ref ref = { input_below(in, (int)rows.n_trials + 2), (uint64_t)input_below(in, 4), 0 };
    if (n > 0 && input_below(in, 4) > 0) {
        const struct trial *t = hub_running(hub, (size_t)input_below(in, (int)n));
        ref = (struct lease_ref){ t->row.id, t->row.lease - (t->row.lease > 1 && input_below(in, 8) == 0), 1 };
    }
    return ref;
}

static int take_refs(struct input *in, struct lease_ref refs[8])
{
    int n = input_below(in, 8);
    if (n == 7) { /* all that runs, as an honest worker would say */
        for (n = 0; n < 8 && (size_t)n < hub_n_running(hub); n++)
            refs[n] =
                (struct lease_ref){ hub_running(hub, (size_t)n)->row.id, hub_running(hub, (size_t)n)->row.lease, 1 };
        return n;
    }
    for (int i = 0; i < n; i++)
        refs[i] = take_ref(in);
    return n;
}

static void take_outcome(struct input *in, struct hub_event *e)
{
    static const char *const hashes[] = { "", "", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };
    struct lease_ref ref = take_ref(in);
    const struct trial *t = hub_find_trial(hub, ref.trial);
    int rung = t ? t->row.rung : 0, aside = input_below(in, 16);
    int kind = e->kind == HUB_FAIL ? input_below(in, FAILURE_N_KINDS) : FAILURE_NONE;
    if (aside < 3)
        rung = aside * 7;
    e->as.outcome = (struct hub_outcome){ .trial = ref.trial,
        .rung = rung < 0 ? 0 : rung,
        .lease = ref.lease,
        .key = (uint64_t)(1 + input_below(in, N_WORKERS + 1)),
        .failure = kind,
        .text = "why",
        .budget = input_below(in, 12),
        .value = kind == FAILURE_NONE ? (double)input_take(in, 1) / 16 : NAN,
        .seconds = 1,
        .checkpoint = hashes[input_below(in, 4)],
        .checkpoint_bytes = (int64_t)input_take(in, 1) << 20,
        .checkpoint_is_stored = input_below(in, 4) > 0,
        .kernel = "" };
}

static void take_submit(struct input *in, struct hub_event *e)
{
    int number = input_below(in, MOST_CAMPAIGNS);
    /* A campaign's number is its place: so each comes after those before it. */
    if (number > rows.n_campaigns)
        number = rows.n_campaigns;
    struct campaign_spec *spec = make_spec(number);
    bool is_known = hub_find_campaign(hub, spec->name) != NULL;
    e->as.submit = (struct hub_submit){ .spec = spec, .file = "{}" };
    step(e);
    if (!is_known)
        return;
    campaign_spec_deinit(spec);
    free(spec);
}

/* Results from elsewhere; the shell refuses those for a campaign that is over. */
static void take_import(struct input *in, struct hub_event *e)
{
    double x[4][2];
    struct import_point points[4];
    int n = input_below(in, 5);
    e->as.import = (struct hub_import){ 1 + input_below(in, rows.n_campaigns), "elsewhere", points, n };
    for (int i = 0; i < n; i++) {
        x[i][0] = (double)input_take(in, 1) / 255;
        x[i][1] = 1 + input_below(in, 100);
        points[i] = (struct import_point){ input_below(in, 12), input_below(in, 9) ? input_below(in, 50) : NAN, x[i] };
    }
    if (rows.n_imports + n <= MOST_IMPORTS && !campaign_is_over(hub_campaign(hub, (size_t)e->as.import.campaign - 1)))
        step(e);
}

static void take_steer(struct input *in)
{
    static uint64_t request;
    double x[2] = { input_below(in, 100) / 100.0, 1 + input_below(in, 100) };
    int64_t numbers[2] = { input_below(in, 25), input_below(in, 25) };
    struct hub_event e = { .kind = HUB_STEER, .peer = 1, .request = ++request };
    if (rows.n_campaigns == 0 || rows.n_steers + 40 > MOST_STEERS)
        return;
    e.as.steer = (struct hub_steer){ .action = (enum steer_action)input_below(in, STEER_N_ACTIONS),
        .campaign = 1 + input_below(in, rows.n_campaigns),
        .who = "somebody",
        .max_budget = { input_below(in, 20), true },
        .x = x,
        .numbers = numbers,
        .n_numbers = input_below(in, 3),
        .text = "" };
    const struct campaign *c = hub_campaign(hub, (size_t)e.as.steer.campaign - 1);
    e.as.steer.n_trials = (struct hub_limit){ c->spec->limits.n_trials < 30 ? input_below(in, 4) : 0, true };
    if (e.as.steer.action == STEER_STOP && input_below(in, 4) > 0)
        e.as.steer.action = STEER_RETRY;
    if (e.as.steer.action == STEER_ENQUEUE && c->spec->limits.n_trials >= 30)
        e.as.steer.action = STEER_RESUME;
    if (hub_needs_search(hub, &e)) {
        hub_open_search(hub, e.as.steer.campaign);
        replay(hub, e.as.steer.campaign);
        load_imports(hub, e.as.steer.campaign);
    }
    step(&e);
}

static void take_event(struct input *in)
{
    struct lease_ref refs[8];
    struct hub_event e = { .kind = (enum hub_event_kind)input_below(in, HUB_DRAIN + 1) };
    uint64_t session = (uint64_t)(1 + input_below(in, N_SESSIONS));
    e.peer = e.session = session;
    switch (e.kind) {
    case HUB_TICK:
        now_ms += (int64_t)input_take(in, 1) * 250;
        break;
    case HUB_HELLO:
        e.as.hello = (struct hub_hello){ .key = 1 + session % N_WORKERS, .name = "w", .host = "h", .version = "0" };
        e.as.hello.slots = 4;
        e.as.hello.n_held = take_refs(in, refs);
        e.as.hello.held = refs;
        break;
    case HUB_ASK:
        e.as.ask_free = input_below(in, 5);
        break;
    case HUB_BEAT:
        e.as.beat = (struct hub_beat){ refs, take_refs(in, refs) };
        break;
    case HUB_PROGRESS: {
        struct lease_ref ref = take_ref(in);
        e.as.progress = (struct hub_progress){ ref.trial, ref.lease, input_below(in, 10), 0.5 };
        break;
    }
    case HUB_RESULT:
    case HUB_FAIL:
        take_outcome(in, &e);
        break;
    case HUB_SUBMIT:
        take_submit(in, &e);
        return;
    case HUB_IMPORT:
        if (rows.n_campaigns > 0)
            take_import(in, &e);
        return;
    case HUB_BLOB_LOST:
        if (rows.n_trials > 0)
            memcpy(e.as.blob.hash, rows.trials[input_below(in, (int)rows.n_trials)].checkpoint, HASH_TEXT);
        if (!e.as.blob.hash[0])
            return;
        break;
    case HUB_STEER:
        take_steer(in);
        return;
    case HUB_DRAIN:
        e.as.drain = (struct hub_drain){ input_below(in, 4) ? "w" : "nobody", "somebody" };
        break;
    case HUB_BYE:
    case HUB_BLOB:
        break;
    }
    step(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct input in = { bytes, len };
    struct hub_event e = { .kind = HUB_SUBMIT };
    memset(&rows, 0, sizeof rows);
    now_ms = 1000;
    hub = hub_new(&settings, 1);
    hub_start(hub, 0, 0, now_ms);
    take_submit(&in, &e);
    for (int i = 0; i < MOST_STEPS && in.len > 0; i++)
        if (input_below(&in, 32) == 0)
            restart();
        else
            take_event(&in);
    restart();
    effects_clear(&fx);
    hub_free(hub);
    return 0;
}
