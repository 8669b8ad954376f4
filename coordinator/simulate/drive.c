#include "coordinator/simulate/drive.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "coordinator/core/hub.h"

/* A lease never ends here: there are no ticks. */
static const struct hub_settings hub_defaults = { .lease_ms = 30000, .heartbeat_ms = 1000 };

/* Any name will do for a checkpoint that nobody opens; it lets the next attempt begin where this one ends. */
static const char a_checkpoint[] = "5175175175175175175175175175175175175175175175175175175175175175";

struct worker_state {
    bool is_busy;
    double since_s;  /* that it is busy, or has nothing to do */
    double finish_s; /* of the present trial */
    int64_t trial;   /* its id */
    int rung;
    uint64_t lease;
    int64_t from, to; /* budgets */
};

struct idle_span {
    double from_s, to_s;
};

struct drive {
    const struct drive_settings *o;
    struct hub *hub;
    struct effects fx;
    double now_s;
    struct worker_state *workers;
    struct idle_span *spans; /* in which a slot had nothing to do */
    size_t n_spans, cap_spans;
    size_t *rows; /* by number - 1: the table's row that a trial stands for */
    size_t n_rows, cap_rows;
    bool *is_taken; /* of the table's rows */
    struct drive_outcome out;
};

struct search_spec drive_search(const struct task *task)
{
    return (struct search_spec){ .min_budget = task->min_budget, .max_budget = task->max_budget, .eta = 3 };
}

static const struct campaign *campaign_of(const struct drive *d)
{
    return hub_campaign(d->hub, 0);
}

static struct task_point point_of(const struct drive *d, const struct trial *t)
{
    size_t row = d->rows ? d->rows[t->row.number - 1] : 0;
    return (struct task_point){ t->row.x, row, d->o->seed, t->row.number };
}

/* A new trial on a table stands for the nearest row that none stands for yet. */
static void place(struct drive *d, const struct trial *t)
{
    const struct task *task = d->o->task;
    if (!task->nearest || t->row.number <= d->n_rows)
        return;
    assert(t->row.number == d->n_rows + 1);
    d->rows = mem_grow(d->rows, d->n_rows, &d->cap_rows, sizeof *d->rows);
    size_t row = task->nearest(task, t->row.x, d->is_taken);
    d->rows[d->n_rows++] = row;
    d->is_taken[row] = true;
}

/* How long the worker has to work: the task's time, stretched by what befalls each unit of budget and by its machine.
 */
static double duration(const struct drive *d, const struct trial *t, int worker, int64_t from, int64_t to)
{
    const struct drive_settings *o = d->o;
    struct task_point p = point_of(d, t);
    double seconds = o->task->seconds ? o->task->seconds(o->task, &p, from, to) : (double)(to - from);
    if (o->tail > 0) {
        struct rng r;
        double sum = 0;
        rng_derive(&r, o->seed, t->row.number, RNG_SIMULATE, (uint64_t)from + ((uint64_t)1 << 40));
        for (int64_t i = from; i < to; i++)
            sum += (1 - 1 / o->tail) * dmath_exp(-dmath_log(rng_open(&r)) / o->tail);
        seconds *= sum / (double)(to - from);
    }
    return worker == 0 && o->slowness > 0 ? seconds * o->slowness : seconds;
}

static void end_idleness(struct drive *d, const struct worker_state *w)
{
    if (d->now_s <= w->since_s)
        return;
    d->spans = mem_grow(d->spans, d->n_spans, &d->cap_spans, sizeof *d->spans);
    d->spans[d->n_spans++] = (struct idle_span){ w->since_s, d->now_s };
    d->out.idle_s += d->now_s - w->since_s;
}

static void take_grant(struct drive *d, const struct send *s)
{
    const struct trial *t = s->trial;
    int number = (int)s->peer - 1;
    struct worker_state *w = &d->workers[number];
    place(d, t);
    end_idleness(d, w);
    int64_t to = campaign_rung_budget(s->campaign, t->row.bracket, t->row.rung);
    *w = (struct worker_state){ .is_busy = true,
        .since_s = d->now_s,
        .trial = t->row.id,
        .rung = t->row.rung,
        .lease = t->row.lease,
        .from = t->row.budget,
        .to = to };
    w->finish_s = d->now_s + duration(d, t, number, w->from, to);
}

static void step(struct drive *d, struct hub_event *e)
{
    e->now_ms = e->wall_ms = 1 + (int64_t)(d->now_s * 1000);
    effects_clear(&d->fx);
    hub_step(d->hub, e, &d->fx);
    for (size_t i = 0; i < d->fx.n_saves; i++) {
        const struct save *s = &d->fx.saves[i];
        if (d->o->on_decision && s->kind == SAVE_DECISION)
            d->o->on_decision(d->o->context, &s->as.decision.decision);
        if (d->o->on_event && s->kind == SAVE_EVENT)
            d->o->on_event(d->o->context, &s->as.event);
    }
    for (size_t i = 0; i < d->fx.n_sends; i++)
        if (d->fx.sends[i].kind == SEND_GRANT)
            take_grant(d, &d->fx.sends[i]);
}

static void submit(struct drive *d)
{
    const struct drive_settings *o = d->o;
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    *spec = (struct campaign_spec){ .name = "simulated", .seed = o->seed, .metric = "loss", .search = o->search };
    space_copy(&spec->space, o->task->space);
    spec->limits.n_trials = o->search.n_trials;
    struct hub_event e = { .kind = HUB_SUBMIT };
    e.as.submit = (struct hub_submit){ .spec = spec, .file = "{}", .rules = o->task->rules };
    step(d, &e);
}

static void ask(struct drive *d, int number)
{
    uint64_t name = (uint64_t)number + 1;
    struct hub_event e = { .kind = HUB_ASK, .peer = name, .session = name, .as.ask_free = 1 };
    step(d, &e);
}

static void join(struct drive *d, int number)
{
    uint64_t name = (uint64_t)number + 1;
    struct hub_event e = { .kind = HUB_HELLO, .peer = name, .session = name };
    e.as.hello = (struct hub_hello){
        .key = name, .name = "simulated", .host = "nowhere", .version = "", .kernel = "", .slots = 1, .cores = 1
    };
    step(d, &e);
    ask(d, number);
}

/* The worker that is done first, the lowest number among equals; -1 when all wait. */
static int first_done(const struct drive *d)
{
    int first = -1;
    for (int i = 0; i < d->o->n_workers; i++)
        if (d->workers[i].is_busy && (first < 0 || d->workers[i].finish_s < d->workers[first].finish_s))
            first = i;
    return first;
}

static void count(struct drive *d, const struct worker_state *w, double loss)
{
    d->out.busy_s += d->now_s - w->since_s;
    d->out.spent += w->to - w->from;
    d->out.n_results++;
    d->out.n_failed += !isfinite(loss);
    d->out.n_finished += isfinite(loss) && w->to == d->o->search.max_budget;
}

/* Delivers what the worker achieved. False: the one who listens has enough. */
static bool deliver(struct drive *d, int number)
{
    const struct drive_settings *o = d->o;
    struct worker_state *w = &d->workers[number];
    const struct trial *t = hub_find_trial(d->hub, w->trial);
    struct task_point point = point_of(d, t);
    double loss = o->task->loss(o->task, &point, w->to);
    bool is_good = isfinite(loss);
    count(d, w, loss);
    struct drive_result r = { d->now_s, d->out.spent, t->row.number, w->to, is_good ? loss : INFINITY, &point };
    bool goes_on = !o->on_result || o->on_result(o->context, &r);
    struct hub_event e = { .kind = is_good ? HUB_RESULT : HUB_FAIL, .peer = (uint64_t)number + 1 };
    e.session = e.peer;
    e.as.outcome = (struct hub_outcome){ .trial = w->trial,
        .rung = w->rung,
        .lease = w->lease,
        .key = e.peer,
        .failure = is_good ? -1 : FAILURE_DIVERGED,
        .text = "its loss is not finite",
        .budget = w->to,
        .value = is_good ? loss : NAN,
        .seconds = d->now_s - w->since_s,
        .checkpoint = is_good ? a_checkpoint : "",
        .checkpoint_bytes = 1,
        .checkpoint_is_stored = true };
    w->is_busy = false;
    w->since_s = d->now_s;
    step(d, &e);
    return goes_on;
}

static bool is_at_end(const struct drive *d)
{
    return (d->o->end_s > 0 && d->now_s >= d->o->end_s) || (d->o->end_spent > 0 && d->out.spent >= d->o->end_spent);
}

/* What was idle before that moment. */
static double idle_before(const struct drive *d, double end_s)
{
    double sum = 0;
    for (size_t i = 0; i < d->n_spans; i++)
        if (d->spans[i].from_s < end_s)
            sum += fmin(d->spans[i].to_s, end_s) - d->spans[i].from_s;
    return sum;
}

static void conclude(struct drive *d)
{
    for (int i = 0; i < d->o->n_workers; i++) {
        if (d->workers[i].is_busy)
            d->out.busy_s += d->now_s - d->workers[i].since_s;
        else
            end_idleness(d, &d->workers[i]);
    }
    double early_s = 0.95 * d->now_s;
    d->out.seconds = d->now_s;
    d->out.idle_early_share = early_s > 0 ? idle_before(d, early_s) / (early_s * d->o->n_workers) : 0;
    d->out.n_trials = (int64_t)campaign_of(d)->n_trials;
    d->out.is_complete = campaign_is_over(campaign_of(d));
}

static void run(struct drive *d)
{
    submit(d);
    for (int i = 0; i < d->o->n_workers; i++)
        join(d, i);
    for (int i; (i = first_done(d)) >= 0;) {
        if (d->o->end_s > 0 && d->workers[i].finish_s > d->o->end_s) {
            d->now_s = d->o->end_s;
            return;
        }
        d->now_s = d->workers[i].finish_s;
        if (!deliver(d, i) || is_at_end(d))
            return;
        ask(d, i);
    }
}

void drive_run(const struct drive_settings *settings, struct drive_outcome *out)
{
    struct drive d = { .o = settings, .hub = hub_new(&hub_defaults, 1) };
    d.workers = mem_zalloc((size_t)settings->n_workers, sizeof *d.workers);
    if (settings->task->n_rows > 0)
        d.is_taken = mem_zalloc(settings->task->n_rows, sizeof *d.is_taken);
    hub_start(d.hub, 0, 0, 1);
    run(&d);
    conclude(&d);
    *out = d.out;
    effects_deinit(&d.fx);
    hub_free(d.hub);
    free(d.workers);
    free(d.spans);
    free(d.rows);
    free(d.is_taken);
}
