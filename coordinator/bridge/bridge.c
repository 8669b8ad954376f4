#include "coordinator/bridge/bridge.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/bridge/admit.h"

void bridge_memory_clear(struct bridge_memory *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->items[i]);
    m->n = 0;
}

void bridge_memory_deinit(struct bridge_memory *m)
{
    bridge_memory_clear(m);
    free(m->items);
    *m = (struct bridge_memory){ 0 };
}

void *bridge_keep(struct bridge_memory *m, void *owned)
{
    m->items = mem_grow(m->items, m->n, &m->cap, sizeof *m->items);
    return m->items[m->n++] = owned;
}

/* ---- messages to events ---- */

static const struct lease_ref *refs_from(
    const struct record_lease_ref *records, size_t n, struct bridge_memory *memory, int *n_out)
{
    struct lease_ref *refs = bridge_keep(memory, mem_zalloc(n, sizeof *refs));
    for (size_t i = 0; i < n; i++)
        refs[i] = (struct lease_ref){ (int64_t)records[i].trial, records[i].lease, records[i].step };
    *n_out = (int)n;
    return refs;
}

struct wanted {
    const char *name;
    double value;
};

static int take_wanted(void *context, const char *key, double value, struct err *e)
{
    struct wanted *w = context;
    if (strcmp(key, w->name) != 0)
        return 0;
    w->value = value;
    return -1; /* that is all */
}

/* The number under `name` in a JSON object of metrics, or NaN. */
static double metric_in(const char *metrics, const char *name)
{
    struct wanted w = { name, NAN };
    json_each_number(metrics, take_wanted, &w, NULL);
    return w.value;
}

static void take_hello(const struct bridge_world *world, const struct message_hello *m, struct bridge_memory *memory,
    struct hub_event *out)
{
    struct hub_hello *h = &out->as.hello;
    out->kind = HUB_HELLO;
    out->session = m->session;
    *h = (struct hub_hello){
        .key = m->worker,
        .public_key = world->public_key,
        .name = m->name,
        .host = m->host,
        .version = m->version,
        .kernel = m->kernel ? m->kernel : "",
        .commands = m->commands,
        .pid = m->pid,
        .slots = m->slots,
        .cores = m->cores,
        .memory_bytes = m->memory_bytes,
    };
    h->held = refs_from(m->held, m->n_held, memory, &h->n_held);
}

static void take_progress(const struct bridge_world *world, const struct message_progress *m, struct hub_event *out)
{
    const struct trial *t = hub_find_trial(world->hub, (int64_t)m->trial);
    out->kind = HUB_PROGRESS;
    out->session = m->session;
    out->as.progress = (struct hub_progress){
        .trial = (int64_t)m->trial,
        .lease = m->lease,
        .step = m->step,
        .value = t ? metric_in(m->metrics, t->campaign->spec->metric) : NAN,
    };
}

/* Steps must grow; a curve that does not is refused whole, since nobody can say which half of it is true. */
static int take_curve(const struct record_curve_point *points, size_t n, struct bridge_memory *memory,
    struct hub_outcome *out, struct err *e)
{
    struct curve_row *rows = bridge_keep(memory, mem_zalloc(n, sizeof *rows));
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && points[i].step <= points[i - 1].step)
            return err_set(e, ERR_INVALID, "the curve's steps do not grow at point %zu", i);
        rows[i] = (struct curve_row){ points[i].step, points[i].metrics };
    }
    out->curve = rows;
    out->n_curve = (int)n;
    return 0;
}

static bool is_stored(const struct bridge_world *world, const char *hash)
{
    return hash && *hash && world->blob_is_stored(world->context, hash);
}

static int take_result(const struct bridge_world *world, const struct message_result *m, struct bridge_memory *memory,
    struct hub_event *out, struct err *e)
{
    struct hub_outcome *o = &out->as.outcome;
    const struct trial *t = hub_find_trial(world->hub, (int64_t)m->trial);
    out->kind = HUB_RESULT;
    out->session = m->session;
    *o = (struct hub_outcome){
        .trial = (int64_t)m->trial,
        .rung = (int)m->rung,
        .lease = m->lease,
        .key = m->worker,
        .config_id = m->config_id,
        .failure = FAILURE_NONE,
        .text = "",
        .budget = m->budget,
        .seconds = m->seconds,
        .checkpoint = m->checkpoint ? m->checkpoint : "",
        .checkpoint_bytes = m->checkpoint_bytes,
        .checkpoint_is_stored = is_stored(world, m->checkpoint),
        .log_tail = m->log_tail,
        .kernel = m->kernel,
    };
    if (take_curve(m->curve, m->n_curve, memory, o, e) < 0)
        return -1;
    o->value = t && m->n_curve ? metric_in(m->curve[m->n_curve - 1].metrics, t->campaign->spec->metric) : NAN;
    if (isnan(o->value)) {
        o->failure = FAILURE_EXIT;
        o->text = "the last report lacks the objective's metric";
    }
    return 0;
}

/* An attempt that was lost by its agent's own word may never have had its checkpoint: then this is why. */
static bool start_is_lost(const struct bridge_world *world, const struct message_fail *m, enum failure_kind kind)
{
    const struct trial *t = hub_find_trial(world->hub, (int64_t)m->trial);
    return world->blob_is_sound && kind == FAILURE_LOST && t && t->row.lease == m->lease && *t->row.checkpoint &&
           !world->blob_is_sound(world->context, t->row.checkpoint);
}

static int take_fail(const struct bridge_world *world, const struct message_fail *m, struct bridge_memory *memory,
    struct hub_event *out, struct err *e)
{
    struct hub_outcome *o = &out->as.outcome;
    enum failure_kind kind = failure_kind_from_name(m->kind);
    if (kind == FAILURE_NONE)
        return err_set(e, ERR_INVALID, "fail.kind: \"%s\" is no kind of failure", m->kind);
    out->kind = HUB_FAIL;
    out->session = m->session;
    *o = (struct hub_outcome){
        .trial = (int64_t)m->trial,
        .rung = (int)m->rung,
        .lease = m->lease,
        .key = m->worker,
        .config_id = m->config_id,
        .failure = kind,
        .text = m->reason,
        .budget = m->budget,
        .value = NAN,
        .seconds = m->seconds,
        .checkpoint = m->checkpoint ? m->checkpoint : "",
        .checkpoint_bytes = m->checkpoint_bytes,
        .checkpoint_is_stored = is_stored(world, m->checkpoint),
        .start_is_lost = start_is_lost(world, m, kind),
        .kernel = m->kernel,
        .log_tail = m->log_tail,
    };
    return take_curve(m->curve, m->n_curve, memory, o, e);
}

/* The one of the two that was given; 0: neither. */
static struct hub_limit limit_of(int64_t value, int64_t more)
{
    return (struct hub_limit){ more > 0 ? more : value, more > 0 };
}

static const int64_t *numbers_from(const struct record_trial_number *records, size_t n, struct bridge_memory *memory)
{
    int64_t *numbers = bridge_keep(memory, mem_zalloc(n, sizeof *numbers));
    for (size_t i = 0; i < n; i++)
        numbers[i] = records[i].number;
    return numbers;
}

static int find_action(const char *name, enum steer_action *out, struct err *e)
{
    for (int i = 0; i < STEER_N_ACTIONS; i++)
        if (strcmp(steer_action_names[i], name) == 0) {
            *out = (enum steer_action)i;
            return 0;
        }
    return err_set(e, ERR_INVALID,
        "control.action: \"%s\": pause, resume, stop, extend, enqueue, retry or note is expected", name);
}

static int take_config(const struct bridge_world *world, const struct campaign *c, const struct message_control *m,
    struct bridge_memory *memory, struct hub_steer *out, struct err *e)
{
    double *x = bridge_keep(memory, mem_zalloc((size_t)c->spec->space.n_params, sizeof *x));
    if (!m->config)
        return err_set(e, ERR_INVALID, "control.config is missing: expected the parameters of the new trial");
    out->x = x;
    return world->read_config(world->context, c, m->config, x, e);
}

static int take_control(const struct bridge_world *world, const struct message_control *m, struct bridge_memory *memory,
    struct hub_event *out, struct err *e)
{
    const struct campaign *c = hub_find_campaign(world->hub, m->campaign);
    struct hub_steer *steer = &out->as.steer;
    if (!c)
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", m->campaign);
    out->kind = HUB_STEER;
    out->request = m->request;
    *steer = (struct hub_steer){
        .campaign = c->row.id,
        .who = m->who ? m->who : "somebody",
        .n_trials = limit_of(m->trials, m->more_trials),
        .max_budget = limit_of(m->max_budget, m->more_budget),
        .wall_clock_ms = limit_of(m->wall_clock_ms, m->more_wall_clock_ms),
        .numbers = numbers_from(m->numbers, m->n_numbers, memory),
        .n_numbers = (int)m->n_numbers,
        .text = m->text ? m->text : "",
    };
    if (find_action(m->action, &steer->action, e) < 0)
        return -1;
    return steer->action == STEER_ENQUEUE ? take_config(world, c, m, memory, steer, e) : 0;
}

static void take_drain(const struct message_drain *m, struct hub_event *out)
{
    out->kind = HUB_DRAIN;
    out->request = m->request;
    out->as.drain = (struct hub_drain){ .worker = m->worker, .who = m->who ? m->who : "somebody" };
}

static void take_session(struct hub_event *out, enum hub_event_kind kind, uint64_t session)
{
    out->kind = kind;
    out->session = session;
}

int bridge_event(const struct bridge_world *world, const struct message *m, struct bridge_memory *memory,
    struct hub_event *out, struct err *e)
{
    if (bridge_admit(world, m, e) < 0)
        return -1;
    switch (m->type) {
    case MESSAGE_HELLO:
        take_hello(world, &m->as.hello, memory, out);
        return 0;
    case MESSAGE_ASK:
        take_session(out, HUB_ASK, m->as.ask.session);
        out->as.ask_free = (int)m->as.ask.free;
        return 0;
    case MESSAGE_BEAT:
        take_session(out, HUB_BEAT, m->as.beat.session);
        out->as.beat.load = m->as.beat.load;
        out->as.beat.held = refs_from(m->as.beat.held, m->as.beat.n_held, memory, &out->as.beat.n_held);
        return 0;
    case MESSAGE_BYE:
        take_session(out, HUB_BYE, m->as.bye.session);
        return 0;
    case MESSAGE_PROGRESS:
        take_progress(world, &m->as.progress, out);
        return 0;
    case MESSAGE_RESULT:
        return take_result(world, &m->as.result, memory, out, e);
    case MESSAGE_FAIL:
        return take_fail(world, &m->as.fail, memory, out, e);
    case MESSAGE_CONTROL:
        return take_control(world, &m->as.control, memory, out, e);
    case MESSAGE_DRAIN:
        take_drain(&m->as.drain, out);
        return 0;
    case MESSAGE_WELCOME:
    case MESSAGE_WHO:
    case MESSAGE_GRANT:
    case MESSAGE_NOWORK:
    case MESSAGE_BEAT_ACK:
    case MESSAGE_RESULT_ACK:
    case MESSAGE_BLOB_PUT:
    case MESSAGE_BLOB_AT:
    case MESSAGE_BLOB_GET:
    case MESSAGE_BLOB_DATA:
    case MESSAGE_SUBMIT:
    case MESSAGE_SUBMITTED:
    case MESSAGE_IMPORT:
    case MESSAGE_IMPORTED:
    case MESSAGE_STATUS:
    case MESSAGE_STATUS_REPLY:
    case MESSAGE_EVENTS:
    case MESSAGE_EVENTS_REPLY:
    case MESSAGE_DONE:
    case MESSAGE_GC:
    case MESSAGE_GC_DONE:
    case MESSAGE_REMOVE:
    case MESSAGE_ERROR:
        break;
    }
    return err_set(e, ERR_REFUSED, "%s is not taken here", message_name(m->type));
}

/* ---- effects to messages ---- */

static const struct record_lease_ref *refs_to(const struct send *s, struct bridge_memory *memory)
{
    struct record_lease_ref *records = bridge_keep(memory, mem_zalloc((size_t)s->n_refs, sizeof *records));
    for (int i = 0; i < s->n_refs; i++)
        records[i] = (struct record_lease_ref){ .trial = (uint64_t)s->refs[i].trial, .lease = s->refs[i].lease };
    return records;
}

static const char *command_json(const struct trial_spec *spec, struct bridge_memory *memory)
{
    struct str text = { 0 };
    if (!spec->command)
        return NULL;
    json_open_array(&text);
    for (int i = 0; i < spec->n_command; i++)
        json_put_text(&text, spec->command[i]);
    json_close_array(&text);
    return bridge_keep(memory, str_take(&text));
}

static void make_grant(const struct send *s, struct bridge_memory *memory, struct message_grant *out)
{
    const struct trial *t = s->trial;
    const struct campaign_spec *spec = s->campaign->spec;
    struct str config = { 0 };
    config_to_json_with_fixed(&spec->space, t->row.x, spec->trial.fixed, &config);
    *out = (struct message_grant){
        .trial = (uint64_t)t->row.id,
        .lease = t->row.lease,
        .campaign = spec->name,
        .number = t->row.number,
        .rung = t->row.rung,
        .budget_from = t->row.budget,
        .budget_to = campaign_rung_budget(s->campaign, t->row.bracket, t->row.rung),
        .seed = campaign_spec_trial_seed(spec, t->row.number),
        .campaign_seed = spec->seed,
        .metric = spec->metric,
        .config = bridge_keep(memory, str_take(&config)),
        .program = spec->trial.program,
        .command = command_json(&spec->trial, memory),
        .directory = spec->trial.command ? spec->trial.directory : NULL,
        .data = spec->trial.data,
        .blobs = spec->trial.blobs,
        .checkpoint = *t->row.checkpoint ? t->row.checkpoint : NULL,
        .checkpoint_bytes = t->row.checkpoint_bytes,
        .trial_timeout_ms = spec->limits.trial_timeout_ms,
        .progress_timeout_ms = spec->limits.progress_timeout_ms,
        .memory_bytes = spec->limits.trial_memory_bytes,
        .cores = campaign_spec_cores(spec) > 1 ? campaign_spec_cores(spec) : 0,
        .slots = t->n_slots > campaign_spec_cores(spec) ? t->n_slots : 0,
        .config_id = t->config_id,
    };
}

static void make_welcome(
    const struct hub *h, const struct send *s, struct bridge_memory *memory, struct message_welcome *out)
{
    *out = (struct message_welcome){
        .protocol = MESSAGE_PROTOCOL,
        .boot = hub_boot(h),
        .heartbeat_ms = hub_settings(h)->heartbeat_ms,
        .lease_ms = hub_settings(h)->lease_ms,
        .drop = refs_to(s, memory),
        .n_drop = (size_t)s->n_refs,
    };
}

void bridge_message(const struct hub *h, const struct send *s, struct bridge_memory *memory, struct message *out)
{
    *out = (struct message){ 0 };
    switch (s->kind) {
    case SEND_WELCOME:
        out->type = MESSAGE_WELCOME;
        make_welcome(h, s, memory, &out->as.welcome);
        break;
    case SEND_WHO:
        out->type = MESSAGE_WHO;
        out->as.who.boot = hub_boot(h);
        break;
    case SEND_GRANT:
        out->type = MESSAGE_GRANT;
        make_grant(s, memory, &out->as.grant);
        break;
    case SEND_NOWORK:
        out->type = MESSAGE_NOWORK;
        out->as.nowork.reason = s->text;
        break;
    case SEND_BEAT_ACK:
        out->type = MESSAGE_BEAT_ACK;
        out->as.beat_ack.boot = hub_boot(h);
        out->as.beat_ack.leave = s->text;
        out->as.beat_ack.cancel = refs_to(s, memory);
        out->as.beat_ack.n_cancel = (size_t)s->n_refs;
        break;
    case SEND_RESULT_ACK:
        out->type = MESSAGE_RESULT_ACK;
        out->as.result_ack = (struct message_result_ack){
            .trial = (uint64_t)s->ack_trial, .rung = s->ack_rung, .lease = s->ack_lease, .verdict = s->text
        };
        break;
    case SEND_SUBMITTED:
        out->type = MESSAGE_SUBMITTED;
        out->as.submitted = (struct message_submitted){ .request = s->request,
            .campaign = s->campaign->spec->name,
            .state = campaign_state_names[s->campaign->row.state],
            .is_new = s->is_new };
        break;
    case SEND_IMPORTED:
        out->type = MESSAGE_IMPORTED;
        out->as.imported = (struct message_imported){
            .request = s->request, .taken = s->n_taken, .known = s->n_known, .low = s->n_low
        };
        break;
    case SEND_DONE:
        out->type = MESSAGE_DONE;
        out->as.done = (struct message_done){ .request = s->request,
            .state = s->campaign ? campaign_state_names[s->campaign->row.state] : NULL,
            .text = s->text };
        break;
    case SEND_REFUSED:
        out->type = MESSAGE_ERROR;
        out->as.error =
            (struct message_error){ .request = s->request, .code = err_code_name(s->code), .text = s->text };
        break;
    }
}
