#include "coordinator/web/delta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/bridge/status.h"
#include "coordinator/ask/event_line.h"
#include "coordinator/store/ask.h"
#include "coordinator/web/bulk.h"

#define RUNNING_MAX 1000 /* running trials that a delta names */
#define EVENTS_MAX 100
#define STATUS_MS 5000 /* without an event: its clock goes on */

void delta_seen_deinit(struct delta_seen *s)
{
    free(s->running);
    free(s->workers);
    free(s->trouble);
    *s = (struct delta_seen){ 0 };
}

/* ---- what is live ---- */

static int by_trial(const void *x, const void *y)
{
    const struct trial *a = *(const struct trial *const *)x, *b = *(const struct trial *const *)y;
    return (a->row.number > b->row.number) - (a->row.number < b->row.number);
}

static size_t list_running(const struct hub *h, const struct campaign *c, const struct trial **out)
{
    size_t n = 0;
    for (size_t i = 0; i < hub_n_running(h) && n < RUNNING_MAX; i++)
        if (hub_running(h, i)->campaign == c)
            out[n++] = hub_running(h, i);
    qsort(out, n, sizeof(struct trial *), by_trial);
    return n;
}

static void put_points(const struct live_curve *c, int64_t after, struct str *out)
{
    json_put_key(out, "points");
    json_open_array(out);
    for (int i = 0; c && i < c->n; i++) {
        if (c->steps[i] <= after)
            continue;
        json_open_array(out);
        json_put_int(out, c->steps[i]);
        json_put_number(out, c->values[i]);
        json_close_array(out);
    }
    json_close_array(out);
}

static void put_trial(const struct hub *h, const struct trial *t, int64_t after, int64_t now_ms, struct str *out)
{
    const struct worker *w = roster_by_id(hub_roster(h), t->row.worker);
    json_open_object(out);
    json_add_int(out, "trial", t->row.number);
    json_add_text(out, "worker", w ? w->row.name : "");
    json_add_int(out, "rung", t->row.rung);
    json_add_int(out, "budget_from", t->row.budget);
    json_add_int(out, "budget_to", campaign_rung_budget(t->campaign, t->row.bracket, t->row.rung));
    json_add_number(out, "seconds", (double)(now_ms - t->granted_ms) / 1000);
    json_add_int(out, "step", t->step);
    if (isnan(t->live_value))
        json_add_raw(out, "value", "null");
    else
        json_add_number(out, "value", t->live_value);
    put_points(t->live, after, out);
    json_close_object(out);
}

static const struct delta_running *find(const struct delta_seen *s, int64_t trial)
{
    size_t low = 0, high = s ? s->n : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->running[middle].trial < trial)
            low = middle + 1;
        else
            high = middle;
    }
    return s && low < s->n && s->running[low].trial == trial ? &s->running[low] : NULL;
}

static bool has(const struct trial *const *list, size_t n, int64_t trial)
{
    for (size_t i = 0; i < n; i++)
        if (list[i]->row.number == trial)
            return true;
    return false;
}

static void keep_running(struct delta_seen *seen, const struct trial *const *list, size_t n)
{
    seen->n = 0;
    for (size_t i = 0; i < n; i++) {
        seen->running = mem_grow(seen->running, seen->n, &seen->cap, sizeof *seen->running);
        seen->running[seen->n++] = (struct delta_running){ list[i]->row.number, list[i]->step, list[i]->row.lease };
    }
}

static void put_running(
    const struct hub *h, const struct campaign *c, int64_t now_ms, struct delta_seen *seen, struct str *out)
{
    const struct trial *list[RUNNING_MAX];
    struct str changed = { 0 }, gone = { 0 };
    size_t n = list_running(h, c, list);
    for (size_t i = 0; i < n; i++) {
        const struct delta_running *was = find(seen, list[i]->row.number);
        bool is_same = was && was->lease == list[i]->row.lease;
        if (!is_same || was->step != list[i]->step)
            put_trial(h, list[i], is_same ? was->step : -1, now_ms, &changed);
    }
    for (size_t i = 0; seen && i < seen->n; i++)
        if (!has(list, n, seen->running[i].trial))
            str_addf(&gone, "%s%lld", gone.len ? "," : "", (long long)seen->running[i].trial);
    if (!seen || changed.len || gone.len)
        str_addf(out, ",\"running\":{\"is_whole\":%s,\"changed\":[%s],\"gone\":[%s]}", seen ? "false" : "true",
            str_text(&changed), str_text(&gone));
    if (seen)
        keep_running(seen, list, n);
    str_deinit(&changed);
    str_deinit(&gone);
}

/* Appends ,"key":json unless it is as it was. */
static void put_changed(const char *key, const char *json, char **was, struct str *out)
{
    if (was && str_equal(*was, json))
        return;
    str_addf(out, ",\"%s\":%s", key, json);
    if (was) {
        free(*was);
        *was = mem_strdup(json);
    }
}

static void put_status(
    const struct hub *h, const struct campaign *c, int64_t now_ms, struct delta_seen *seen, struct str *out)
{
    if (seen && seen->status_seq == hub_seq(h) && (campaign_is_over(c) || now_ms - seen->status_ms < STATUS_MS))
        return;
    str_add(out, ",\"status\":");
    status_put_campaign(h, c, out);
    if (seen) {
        seen->status_seq = hub_seq(h);
        seen->status_ms = now_ms;
    }
}

void delta_put_live(const struct hub *h, const struct campaign *c, const char *trouble, int64_t now_ms,
    struct delta_seen *seen, struct str *out)
{
    struct str workers = { 0 }, text = { 0 };
    put_status(h, c, now_ms, seen, out);
    json_put_text(&text, trouble);
    put_changed("trouble", text.text, seen ? &seen->trouble : NULL, out);
    status_put_workers(h, -1, &workers);
    put_changed("workers", workers.text, seen ? &seen->workers : NULL, out);
    put_running(h, c, now_ms, seen, out);
    str_deinit(&workers);
    str_deinit(&text);
}

/* ---- what is durable ---- */

struct changes {
    int64_t campaign;
    uint64_t to;
    int64_t *trials; /* owned: that something happened to, each time */
    size_t n_trials, cap_trials;
    struct str events[EVENTS_MAX]; /* the last, in a ring */
    size_t n_events, n_seen;
    bool is_reset; /* trials changed that no event names */
};

static int take(void *context, const struct store_happening *h, struct err *e)
{
    struct changes *c = context;
    c->n_seen++;
    if (h->seq > c->to || (h->campaign_id && h->campaign_id != c->campaign))
        return 0;
    if (h->trial) {
        c->trials = mem_grow(c->trials, c->n_trials, &c->cap_trials, sizeof *c->trials);
        c->trials[c->n_trials++] = h->trial;
    } else if (str_equal(h->kind, "campaign"))
        c->is_reset = true; /* its state, and so that of trials that wait */
    struct record_happening event = event_of_store(h);
    struct str *to = &c->events[c->n_events++ % EVENTS_MAX];
    str_clear(to);
    event_put_json(&event, to);
    to->text[--to->len] = '\0'; /* its newline would end the data */
    return 0;
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static int put_trials(struct archive *a, struct changes *c, struct str *out, struct err *e)
{
    struct str numbers = { 0 }, columns = { 0 };
    int64_t n_shown, n_all;
    if (c->n_trials == 0)
        return 0;
    qsort(c->trials, c->n_trials, sizeof *c->trials, by_number);
    for (size_t i = 0; i < c->n_trials; i++)
        if (i == 0 || c->trials[i] != c->trials[i - 1])
            str_addf(&numbers, "%s%lld", i ? "," : "", (long long)c->trials[i]);
    bulk_add_trial_columns(a, &columns);
    struct question q = { .from = QUESTION_TRIALS,
        .campaign = a->campaign,
        .spec = &a->spec,
        .columns = columns.text,
        .trials = numbers.text };
    str_add(out, ",\"trials\":");
    json_open_object(out);
    int status = bulk_put_columns(a, &q, 0, out, &n_shown, &n_all, e);
    json_close_object(out);
    str_deinit(&numbers);
    str_deinit(&columns);
    return status;
}

static void put_events(const struct changes *c, struct str *out)
{
    size_t first = c->n_events > EVENTS_MAX ? c->n_events - EVENTS_MAX : 0;
    for (size_t i = first; i < c->n_events; i++)
        str_addf(out, "%s%s", i == first ? ",\"events\":[" : ",", c->events[i % EVENTS_MAX].text);
    str_add(out, c->n_events ? "]" : "");
}

int delta_put_durable(
    const char *store, const char *campaign, uint64_t from, uint64_t to, struct str *out, struct err *e)
{
    const struct asking q = { .store = store, .campaign = campaign };
    struct archive a;
    if (archive_open(&a, &q, e) < 0)
        return -1;
    struct changes *c = mem_zalloc(1, sizeof *c);
    c->campaign = a.campaign;
    c->to = to;
    int status = store_ask_happenings(a.store, from, DELTA_EVENTS, take, c, e);
    c->is_reset |= c->n_seen == DELTA_EVENTS;
    if (status == 0 && c->is_reset)
        str_add(out, ",\"is_reset\":true");
    else if (status == 0)
        status = put_trials(&a, c, out, e);
    if (status == 0)
        put_events(c, out);
    for (int i = 0; i < EVENTS_MAX; i++)
        str_deinit(&c->events[i]);
    free(c->trials);
    free(c);
    archive_close(&a);
    return status;
}
