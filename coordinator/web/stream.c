#include "coordinator/web/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/system.h"
#include "common/proto/json.h"
#include "coordinator/web/delta.h"
#include "coordinator/web/web_state.h"

#define EVERY_MS 250
#define SILENCE_MS 15000 /* after so long a comment is sent: who is gone is noticed */
#define LISTENERS 128
#define QUEUE 32 /* chunks that a listener may lag behind before it is sent away, to come again */
#define EASE 50  /* what a delta costs the loop is at most a part in so many of its time */

/* A piece of the stream, shared by all who have still to read it. */
struct chunk {
    int refs;
    size_t len;
    char text[];
};

struct listener {
    struct stream *stream;
    struct http_call *http;
    struct chunk *queue[QUEUE];
    int n;
    size_t offset;         /* read of the first */
    uint64_t from;         /* what it knows */
    bool has_joined;       /* it hears what all hear */
    bool is_asked;         /* its own first delta is being read */
    bool is_lost;          /* it lags too far behind */
    struct delta_job *job; /* that reads it; NULL: none */
    struct listener *next;
};

struct stream {
    struct web *web;
    char *campaign; /* owned */
    struct listener *listeners;
    uint64_t seq; /* where those who have joined are */
    struct delta_seen seen;
    int64_t said_ms, not_before_ms;
    int n_jobs; /* that read deltas of it: meanwhile nothing else is said, so that all come in order */
    struct stream *next;
};

struct delta_job {
    struct reader_job job;
    struct stream *stream;
    struct listener *listener; /* NULL: for all, or it is gone */
    bool is_for_all;
    uint64_t from, to;
    const char *store;
    char *campaign; /* owned */
    struct str head, durable;
    int status;
    struct err err;
};

/* ---- chunks ---- */

static void chunk_drop(struct chunk *c)
{
    if (--c->refs == 0)
        free(c);
}

static struct chunk *chunk_new(const struct str *text)
{
    struct chunk *c = mem_alloc(sizeof *c + text->len);
    c->refs = 1;
    c->len = text->len;
    memcpy(c->text, str_text(text), text->len);
    return c;
}

static void hand(struct listener *l, struct chunk *c)
{
    if (l->n == QUEUE) {
        l->is_lost = true;
    } else {
        c->refs++;
        l->queue[l->n++] = c;
    }
    http_wake(l->http);
}

static int64_t on_read(void *context, char *to, size_t cap)
{
    struct listener *l = context;
    if (l->is_lost)
        return -1;
    if (l->n == 0)
        return 0;
    struct chunk *c = l->queue[0];
    size_t len = c->len - l->offset < cap ? c->len - l->offset : cap;
    memcpy(to, c->text + l->offset, len);
    l->offset += len;
    if (l->offset == c->len) {
        l->offset = 0;
        memmove(l->queue, l->queue + 1, (size_t)--l->n * sizeof *l->queue);
        chunk_drop(c);
    }
    return (int64_t)len;
}

/* ---- deltas ---- */

/* An object that is not closed yet. */
static void begin(const struct stream *s, uint64_t from, uint64_t to, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.delta/1");
    json_add_text(out, "campaign", s->campaign);
    json_add_int(out, "boot", (int64_t)hub_boot(web_hub(s->web)));
    json_add_int(out, "from", (int64_t)from);
    json_add_int(out, "seq", (int64_t)to);
    json_add_int(out, "wall_ms", system_wall_ms());
}

/* The head of a delta with what is live; `seen` NULL: all of it. False when nothing changed. */
static bool put_live(struct stream *s, struct delta_seen *seen, struct str *out)
{
    const struct hub *h = web_hub(s->web);
    const struct campaign *c = hub_find_campaign(h, s->campaign);
    struct str trouble = { 0 };
    size_t before = out->len;
    if (!c)
        return false; /* removed since */
    s->web->options.describe_trouble(s->web->options.context, &trouble);
    delta_put_live(h, c, trouble.len ? trouble.text : NULL, system_monotonic_ms(), seen, out);
    str_deinit(&trouble);
    return out->len > before;
}

/* The event of a delta: takes the object apart from its last brace. */
static struct chunk *end_delta(struct str *json, uint64_t seq)
{
    struct str text = { 0 };
    str_addf(&text, "id: %" PRIu64 "\nevent: delta\ndata: %s}\n\n", seq, str_text(json));
    struct chunk *c = chunk_new(&text);
    str_deinit(&text);
    str_deinit(json);
    return c;
}

static void tell_all(struct stream *s, struct chunk *c)
{
    for (struct listener *l = s->listeners; l; l = l->next)
        if (l->has_joined)
            hand(l, c);
    chunk_drop(c);
    s->said_ms = system_monotonic_ms();
}

static void tell_one(struct listener *l, struct chunk *c)
{
    hand(l, c);
    chunk_drop(c);
    l->has_joined = true;
}

static void free_stream(struct stream *s)
{
    struct stream **at = &s->web->streams;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    delta_seen_deinit(&s->seen);
    free(s->campaign);
    free(s);
}

static void on_job(struct reader_job *job)
{
    struct delta_job *d = (struct delta_job *)job;
    d->status = delta_put_durable(d->store, d->campaign, d->from, d->to, &d->durable, &d->err);
}

static void finish(struct delta_job *d)
{
    struct stream *s = d->stream;
    if (d->status < 0) {
        log_warn("an update of the page could not be read: %s", d->err.text);
        str_clear(&d->durable);
        str_add(&d->durable, ",\"is_reset\":true");
    }
    str_add(&d->head, str_text(&d->durable));
    struct chunk *c = end_delta(&d->head, d->to);
    if (d->is_for_all)
        tell_all(s, c);
    else if (d->listener)
        tell_one(d->listener, c);
    else
        chunk_drop(c);
}

static void on_job_done(struct reader_job *job)
{
    struct delta_job *d = (struct delta_job *)job;
    struct stream *s = d->stream;
    if (job->has_run && !s->web->reader.is_closed)
        finish(d);
    if (d->listener)
        d->listener->job = NULL;
    if (--s->n_jobs == 0 && !s->listeners)
        free_stream(s);
    str_deinit(&d->head);
    str_deinit(&d->durable);
    free(d->campaign);
    free(d);
}

/* Reads what happened in (from, to], and tells it behind `head` (taken): to `l`, or to all. */
static void read_durable(struct stream *s, struct listener *l, uint64_t from, uint64_t to, struct str *head)
{
    struct delta_job *d = mem_zalloc(1, sizeof *d);
    *d = (struct delta_job){ .job = { .run = on_job, .done = on_job_done },
        .stream = s,
        .listener = l,
        .is_for_all = !l,
        .from = from,
        .to = to,
        .store = s->web->options.store,
        .campaign = mem_strdup(s->campaign),
        .head = *head };
    *head = (struct str){ 0 };
    s->n_jobs++;
    if (l)
        l->job = d;
    if (!reader_add(&s->web->reader, &d->job)) {
        d->status = err_set(&d->err, ERR_BUSY, "too much is asked at once");
        d->job.has_run = true;
        on_job_done(&d->job);
    }
}

/* Brings a new one to where the others are. */
static void welcome(struct stream *s, struct listener *l)
{
    struct str text = { 0 };
    uint64_t from = l->from < s->seq ? l->from : s->seq;
    begin(s, from, s->seq, &text);
    put_live(s, NULL, &text);
    l->is_asked = true;
    if (from < s->seq)
        read_durable(s, l, from, s->seq, &text);
    else
        tell_one(l, end_delta(&text, s->seq));
}

/* A comment, by which who is gone is noticed. */
static void say_nothing(struct stream *s)
{
    struct str text = { 0 };
    str_add(&text, ": still here\n\n");
    tell_all(s, chunk_new(&text));
    str_deinit(&text);
}

/* Those who come now are told all: this remembers it as said. */
static void begin_to_see(struct stream *s)
{
    struct str ignored = { 0 };
    put_live(s, &s->seen, &ignored);
    str_deinit(&ignored);
}

/* What changed, to those who are there. */
static void advance(struct stream *s)
{
    uint64_t begin_ns = uv_hrtime(), seq = hub_seq(web_hub(s->web)), from = s->seq;
    struct str text = { 0 };
    begin(s, from, seq, &text);
    bool has_changed = put_live(s, &s->seen, &text);
    s->not_before_ms = system_monotonic_ms() + (int64_t)((uv_hrtime() - begin_ns) / 1000000 * EASE);
    s->seq = seq;
    if (seq > from)
        read_durable(s, NULL, from, seq, &text);
    else if (has_changed)
        tell_all(s, end_delta(&text, seq));
    str_deinit(&text);
}

static void on_timer(uv_timer_t *timer)
{
    struct web *w = timer->data;
    int64_t now_ms = system_monotonic_ms();
    for (struct stream *s = w->streams, *next; s; s = next) {
        next = s->next;
        if (s->n_jobs || now_ms < s->not_before_ms)
            continue;
        if (!s->seen.workers)
            begin_to_see(s);
        for (struct listener *l = s->listeners; l; l = l->next)
            if (!l->is_asked)
                welcome(s, l);
        if (s->n_jobs == 0)
            advance(s);
        if (s->n_jobs == 0 && now_ms - s->said_ms > SILENCE_MS)
            say_nothing(s);
    }
    if (!w->streams)
        uv_timer_stop(timer);
}

/* ---- listeners ---- */

static void on_end(void *context)
{
    struct listener *l = context, **at = &l->stream->listeners;
    struct stream *s = l->stream;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    if (l->job)
        l->job->listener = NULL;
    for (int i = 0; i < l->n; i++)
        chunk_drop(l->queue[i]);
    free(l);
    if (!s->listeners && s->n_jobs == 0)
        free_stream(s);
}

static struct stream *find_stream(struct web *w, const char *campaign)
{
    for (struct stream *s = w->streams; s; s = s->next)
        if (strcmp(s->campaign, campaign) == 0)
            return s;
    struct stream *s = mem_zalloc(1, sizeof *s);
    *s = (struct stream){ .web = w,
        .campaign = mem_strdup(campaign),
        .seq = hub_seq(web_hub(w)),
        .said_ms = system_monotonic_ms(),
        .next = w->streams };
    w->streams = s;
    return s;
}

static int count(const struct web *w)
{
    int n = 0;
    for (const struct stream *s = w->streams; s; s = s->next)
        for (const struct listener *l = s->listeners; l; l = l->next)
            n++;
    return n;
}

static int read_since(const struct call *c, int64_t *since, struct err *e)
{
    const char *last = http_header(c->http, "Last-Event-ID");
    char *end = NULL;
    if (!last || !*last)
        return target_int(&c->target, "since", 0, INT64_C(1) << 53, since, e);
    *since = strtoll(last, &end, 10);
    return strspn(last, "0123456789") == strlen(last) && strlen(last) <= 16
               ? 0
               : err_set(e, ERR_INVALID, "Last-Event-ID: a number is expected");
}

int stream_answer(struct call *c, struct err *e)
{
    const char *campaign = call_campaign(c);
    int64_t since = INT64_MAX;
    if (read_since(c, &since, e) < 0)
        return -1;
    if (!hub_find_campaign(web_hub(c->web), campaign))
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", campaign);
    if (count(c->web) >= LISTENERS)
        return err_set(e, ERR_BUSY, "%d pages listen already", LISTENERS);
    struct listener *l = mem_zalloc(1, sizeof *l);
    *l = (struct listener){ .stream = find_stream(c->web, campaign), .http = c->http, .from = (uint64_t)since };
    l->next = l->stream->listeners;
    l->stream->listeners = l;
    const struct http_stream stream = { .type = "text/event-stream", .read = on_read, .end = on_end, .context = l };
    http_answer_stream(c->http, &stream);
    if (!uv_is_active((uv_handle_t *)&c->web->timer))
        uv_timer_start(&c->web->timer, on_timer, 1, EVERY_MS);
    return 0;
}

void streams_open(struct web *w)
{
    uv_timer_init(w->loop, &w->timer);
    w->timer.data = w;
}

void streams_close(struct web *w)
{
    uv_close((uv_handle_t *)&w->timer, NULL);
}
