#include "common/base/exit_status.h"
#include "coordinator/cli/stream.h"

#include <stdlib.h>

#include "common/io/system.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/errand.h"
#include "coordinator/ask/event_line.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/ask/sink.h"
#include "coordinator/cli/until.h"

#define EVERY_MS 500 /* between two looks at the store */

/* What a command ends with that waited for this campaign, which is over. */
static int exit_of(struct archive *a, int *status, struct err *e)
{
    int64_t n_results, n_reached;
    if (store_count_results(a->store, a->campaign, &n_results, &n_reached, e) < 0)
        return -1;
    *status = a->state == CAMPAIGN_STOPPED ? EXIT_STATUS_CANCELLED
              : n_reached                  ? EXIT_STATUS_OK
                                           : EXIT_STATUS_NO_SUCCESS;
    return 0;
}

/* What the store knows of the best trial, as a status has it. 1 when `until` holds of it. */
static int is_met(struct archive *a, const char *store, const char *until, struct err *e)
{
    struct asking q = { .store = store, .campaign = a->spec.name, .is_json = true };
    struct str json = { 0 };
    char *best = NULL;
    size_t len = 0;
    int64_t n_results, n_reached;
    if (store_count_results(a->store, a->campaign, &n_results, &n_reached, e) < 0)
        return -1;
    FILE *out = open_memstream(&best, &len);
    bool has_best = n_reached > 0 && cli_best(&q, 0, BEST_TEXT, out, e) == 0;
    fclose(out);
    json_open_object(&json);
    json_add_text(&json, "state", campaign_state_names[a->state]);
    json_add_text(&json, "metric", a->spec.metric);
    json_add_int(&json, "results", n_results);
    if (has_best)
        json_add_raw(&json, "best", best);
    json_close_object(&json);
    struct json_doc *doc = json_parse(json.text, json.len, e);
    int met = doc ? until_holds(until, json_root(doc), e) : -1;
    json_free(doc);
    str_deinit(&json);
    free(best);
    return met;
}

static int say_end(struct archive *a, const char *store, const char *until, int *status, struct err *e)
{
    int met = until ? is_met(a, store, until, e) : 0;
    *status = EXIT_STATUS_OK;
    if (met != 0)
        return met < 0 ? -1 : 0;
    if (!archive_is_over(a))
        return err_set(e, ERR_UNREACHABLE,
            "nobody serves %s: campaign %s is %s there, and goes on with rung run or rungd", store, a->spec.name,
            campaign_state_names[a->state]);
    fprintf(stderr, "rung: campaign %s is over: %s\n", a->spec.name, campaign_state_names[a->state]);
    *status = EXIT_STATUS_NOT_MET;
    return until ? 0 : exit_of(a, status, e);
}

int stream_say_end(const char *store, const char *campaign, const char *until, int *status, struct err *e)
{
    struct asking q = { .store = store, .campaign = campaign };
    struct archive a;
    if (archive_open(&a, &q, e) < 0)
        return -1;
    int failed = say_end(&a, store, until, status, e);
    archive_close(&a);
    return failed;
}

struct printing {
    const struct stream_options *options;
    int64_t campaign;
    int64_t *since;
    struct sink sink;
    int64_t n;
};

static int print_one(void *context, const struct store_happening *h, struct err *e)
{
    struct printing *p = context;
    *p->since = (int64_t)h->seq;
    p->n++;
    if (h->campaign_id != p->campaign)
        return 0;
    struct record_happening line = event_of_store(h);
    (p->options->is_json ? event_put_json : event_put_text)(&line, &p->sink.text);
    return sink_offer(&p->sink, e);
}

/* Prints what came after *since, and moves it on: a page at a time, so that no reader holds the journal. */
static int print_new(struct archive *a, const struct stream_options *o, int64_t *since, FILE *out, struct err *e)
{
    struct store_ids ids;
    if (*since < 0 && store_load_ids(a->store, &ids, e) < 0)
        return -1;
    if (*since < 0)
        *since = (int64_t)ids.seq;
    struct printing p = { .options = o, .campaign = a->campaign, .since = since };
    int status;
    do {
        p.n = 0;
        sink_open(&p.sink, out);
        status = store_ask_happenings(a->store, (uint64_t)*since, LIMIT_HAPPENINGS, print_one, &p, e);
        status = sink_close(&p.sink, status, e);
    } while (status == 0 && p.n == LIMIT_HAPPENINGS);
    fflush(out);
    return status;
}

/* One look. Returns 1 with *status when nothing more can come. The state is read before the events, so that none is
 * missed at the end. */
static int look(const struct stream_options *o, int64_t *since, int *status, FILE *out, struct err *e)
{
    struct asking q = { .store = o->store, .campaign = o->campaign };
    struct archive a;
    bool is_served = errand_is_served(o->store);
    if (archive_open(&a, &q, e) < 0)
        return -1;
    int got = print_new(&a, o, since, out, e);
    int met = got == 0 && o->until && is_served ? is_met(&a, o->store, o->until, e) : 0;
    if (met != 0)
        got = met;
    else if (got == 0 && (archive_is_over(&a) || !is_served))
        got = say_end(&a, o->store, o->until, status, e) < 0 ? -1 : 1;
    archive_close(&a);
    return got;
}

int cli_stream(const struct stream_options *o, FILE *out, struct err *e)
{
    int64_t since = o->since, end_ms = system_monotonic_ms() + o->timeout_ms;
    int status = 0, got;
    interrupt_watch();
    while ((got = look(o, &since, &status, out, e)) == 0 && interrupt_count() == 0) {
        if (o->timeout_ms > 0 && system_monotonic_ms() >= end_ms)
            return EXIT_STATUS_TIMEOUT;
        interrupt_sleep(EVERY_MS);
    }
    if (got != 0)
        return got < 0 ? -1 : status;
    fprintf(stderr, "rung: no longer watching; to go on: --since %lld\n", (long long)since);
    return EXIT_STATUS_INTERRUPTED;
}
