#include "coordinator/cli/feed.h"

#include "common/base/exit_status.h"
#include "common/base/str.h"
#include "common/io/system.h"
#include "coordinator/cli/errand.h"
#include "coordinator/ask/event_line.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/live/status.h"
#include "coordinator/cli/stream.h"
#include "coordinator/cli/until.h"

#define EVERY_MS 500 /* between two looks */
#define ANSWER_MS 1000
#define PATIENCE_MS 60000 /* without an answer; a restart of the coordinator takes less */

struct feed {
    const struct feed_options *options;
    struct client *client;
    struct str name;  /* of the campaign */
    uint64_t since;   /* what is behind it was printed */
    bool has_since;   /* since is known */
    struct str told;  /* the last line of progress */
    int64_t heard_ms; /* monotonic: the last answer; 0 before the first */
    int exit_status;  /* once the campaign is over */
    FILE *out;
};

/* ---- lines ---- */

static void put_running(struct str *out, json_value running)
{
    static const char *const keys[] = { "trial", "worker", "rung", "budget_to", "step", "value" };
    json_open_object(out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_value v = json_get(running, keys[i]);
        if (!v)
            continue;
        json_put_key(out, keys[i]);
        json_print(out, v);
    }
    json_close_object(out);
}

/* A line of rung.progress/1, when it says something new. */
static void tell_progress(struct feed *f, json_value root, json_value campaign)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "schema", "rung.progress/1");
    json_add_text(&line, "campaign", f->name.text);
    json_add_bool(&line, "is_lossy", true);
    json_add_int(&line, "results", status_int(campaign, "results"));
    json_add_int(&line, "budget_spent", status_int(campaign, "budget_spent"));
    json_put_key(&line, "running");
    json_open_array(&line);
    for (json_value v = json_first(json_get(root, "running")); v; v = json_next(v))
        put_running(&line, v);
    json_close_array(&line);
    json_close_object(&line);
    if (!str_equal(str_text(&line), str_text(&f->told))) {
        str_clear(&f->told);
        str_add(&f->told, str_text(&line));
        fprintf(f->out, "%s\n", f->told.text);
    }
    str_deinit(&line);
}

/* Prints all that came after f->since, and moves it on. */
static int tell_events(struct feed *f, struct err *e)
{
    const struct message_events_reply *page;
    struct str text = { 0 };
    do {
        if (!(page = client_events(f->client, f->name.text, f->since, e)))
            return -1;
        for (size_t i = 0; i < page->n_events; i++)
            (f->options->is_json ? event_put_json : event_put_text)(&page->events[i], &text);
        fputs(str_text(&text), f->out);
        str_deinit(&text);
        f->since = page->last;
    } while (page->is_more && interrupt_count() == 0);
    if (fflush(f->out) < 0)
        return err_set(e, ERR_IO, "write the events: %s", "nobody reads them");
    return 0;
}

/* ---- the loop ---- */

/* With a status, which is older than the events that are asked for now: none is missed at the end. */
static int tell(struct feed *f, const struct status *s, struct err *e)
{
    json_value campaign = status_campaign(s, f->name.text);
    if (!campaign)
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\"", f->name.text);
    if (!f->has_since)
        f->since = (uint64_t)status_int(s->root, "seq");
    f->has_since = true;
    if (tell_events(f, e) < 0)
        return -1;
    if (f->options->is_json)
        tell_progress(f, s->root, campaign);
    fflush(f->out);
    int met = f->options->until ? until_holds(f->options->until, campaign, e) : 0;
    if (met != 0 || !status_is_over(campaign))
        return met;
    fprintf(stderr, "rung: campaign %s is over: %s\n", f->name.text, status_text(campaign, "state"));
    f->exit_status = f->options->until ? EXIT_STATUS_NOT_MET : status_exit(campaign);
    return 1;
}

/* One look. Returns 1 when nothing more is to come. */
static int look(struct feed *f, struct err *e)
{
    struct str json = { 0 };
    struct status s = { 0 };
    int got = client_status(f->client, f->name.text, &json, e) < 0 || status_read(&s, json.text, e) < 0 ? -1 : 0;
    if (got == 0)
        got = tell(f, &s, e);
    status_deinit(&s);
    str_deinit(&json);
    return got;
}

/* As look, but 0 while a coordinator that was there once is away for not too long. */
static int look_patiently(struct feed *f, struct err *e)
{
    int got = look(f, e);
    int64_t now_ms = system_monotonic_ms();
    if (got < 0 && e->code == ERR_UNREACHABLE && f->heard_ms && now_ms - f->heard_ms < PATIENCE_MS)
        return 0;
    if (!f->heard_ms)
        client_set_patience(f->client, ANSWER_MS);
    f->heard_ms = now_ms;
    return got;
}

/* From the store itself, with nobody to ask. */
static int feed_from_store(const struct feed *f, int64_t left_ms, struct err *e)
{
    const struct stream_options stream = { .store = f->options->where.store,
        .campaign = f->name.len ? f->name.text : f->options->campaign,
        .since = f->has_since ? (int64_t)f->since : -1,
        .is_json = f->options->is_json,
        .timeout_ms = left_ms,
        .until = f->options->until };
    return cli_stream(&stream, f->out, e);
}

static int follow(struct feed *f, struct err *e)
{
    const struct feed_options *o = f->options;
    int64_t end_ms = system_monotonic_ms() + o->timeout_ms;
    int got;
    while ((got = look_patiently(f, e)) == 0 && interrupt_count() == 0) {
        int64_t left_ms = end_ms - system_monotonic_ms();
        if (o->timeout_ms > 0 && left_ms <= 0) {
            fprintf(stderr, "rung: campaign %s is not over yet\n", f->name.text);
            return EXIT_STATUS_TIMEOUT;
        }
        if (!o->where.connect && !errand_is_served(o->where.store))
            return feed_from_store(f, o->timeout_ms > 0 ? left_ms : 0, e);
        interrupt_sleep(EVERY_MS);
    }
    if (got != 0)
        return got < 0 ? -1 : f->exit_status;
    fprintf(stderr, "rung: no longer watching; campaign %s goes on. To go on here: --since %llu\n", f->name.text,
        (unsigned long long)f->since);
    return EXIT_STATUS_INTERRUPTED;
}

int cli_feed(const struct feed_options *options, FILE *out, struct err *e)
{
    struct feed f = { .options = options, .has_since = options->since >= 0, .out = out };
    bool is_local = !options->where.connect;
    f.since = f.has_since ? (uint64_t)options->since : 0;
    interrupt_watch();
    if (is_local && !errand_is_served(options->where.store))
        return feed_from_store(&f, options->timeout_ms, e);
    f.client = remote_connect(&options->where, e);
    int status = f.client ? 0 : -1;
    if (is_local && !f.client && e->code == ERR_UNREACHABLE) /* it listens elsewhere */
        return feed_from_store(&f, options->timeout_ms, e);
    if (status == 0 && options->campaign)
        str_add(&f.name, options->campaign);
    else if (status == 0 && remote_find_only(f.client, &f.name, e) < 0)
        status = -1;
    if (status == 0)
        status = follow(&f, e);
    else if (is_local && f.client && e->code == ERR_NOT_FOUND) /* all are over: the one that was begun last */
        status = feed_from_store(&f, options->timeout_ms, e);
    client_close(f.client);
    str_deinit(&f.name);
    str_deinit(&f.told);
    return status;
}
