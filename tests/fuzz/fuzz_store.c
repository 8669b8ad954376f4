/* A database file that a disk or a stranger has changed: the input is a list of patches (3 bytes of place, one of
 * length, and the bytes), or, when its first byte is odd, a cut. Whatever it says, reading gives rows or a refusal.
 */
#include "common/base/str.h"
#include "common/proto/campaign.h"
#include "coordinator/store/ask.h"
#include "tests/fuzz/must.h"
#include "tests/store/sample.h"

static struct {
    char *dir;
    char path[512];
    uint8_t *bytes;
    size_t len;
} sample;

static int fill(struct store *s, struct err *e)
{
    struct worker_row worker = sample_worker(2);
    if (store_begin(s, e) < 0 || store_save_worker(s, &worker, e) < 0)
        return -1;
    for (uint64_t seq = 1; seq <= 12; seq++) {
        struct event_row event = sample_event(seq, EVENT_COUNTED, 1, 1 + (int64_t)seq % 4);
        struct result_row result = sample_result(seq, event.trial, (int)(seq / 4));
        struct attempt_row attempt = sample_attempt(event.trial, seq);
        struct decision_row decision = sample_decision(seq, 1, event.trial);
        if (store_save_event(s, &event, e) < 0 || store_save_result(s, &result, e) < 0 ||
            store_save_attempt(s, &attempt, e) < 0 || store_save_decision(s, &decision, e) < 0)
            return -1;
    }
    return store_commit(s, e) < 0 || store_tidy(s, true, e) < 0 ? -1 : 0;
}

static void make_sample(void)
{
    struct err e = { 0 };
    sample.dir = sample_directory();
    struct store *s = sample_begun(sample.dir, 4);
    MUST(s && fill(s, &e) == 0);
    store_close(s);
    snprintf(sample.path, sizeof sample.path, "%s/rung.db", sample.dir);
    FILE *f = fopen(sample.path, "r");
    sample.bytes = malloc(1 << 20);
    MUST(f && (sample.len = fread(sample.bytes, 1, 1 << 20, f)) < 1 << 20);
    fclose(f);
}

static void write_damaged(struct input *in)
{
    size_t len = sample.len;
    uint8_t *copy = malloc(len);
    memcpy(copy, sample.bytes, len);
    if (input_take(in, 1) & 1)
        len = input_take(in, 3) % (len + 1);
    while (in->len > 0) {
        size_t at = input_take(in, 3) % sample.len, n = input_take(in, 1) % 32;
        for (size_t i = 0; i < n && at + i < sample.len && in->len > 0; i++)
            copy[at + i] = (uint8_t)input_take(in, 1);
    }
    FILE *f = fopen(sample.path, "w");
    MUST(f && fwrite(copy, 1, len, f) == len);
    fclose(f);
    free(copy);
}

static int take_campaign(void *context, const struct campaign_row *row, struct err *e)
{
    struct campaign_spec spec = { 0 };
    if (campaign_from_canonical(row->file, strlen(row->file), &spec, NULL) == 0)
        campaign_spec_deinit(&spec);
    return 0;
}

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    MUST(n_x >= 0 && n_x <= LIMIT_PARAMS && row->state <= TRIAL_SET_ASIDE && strlen(row->checkpoint) < HASH_TEXT);
    return 0;
}

static int take_event(void *context, const struct event_row *row, struct err *e)
{
    MUST(row->kind < EVENT_N_KINDS && row->text);
    return 0;
}

static int take_decision(void *context, const struct decision_row *row, struct err *e)
{
    MUST(row->decision.note);
    return 0;
}

static int take_attempt(void *context, const struct attempt_row *row, struct err *e)
{
    MUST(row->outcome && row->reason);
    return 0;
}

static int take_result(void *context, const struct result_row *row, struct err *e)
{
    MUST(row->verdict && row->checkpoint && row->kernel && row->failure < FAILURE_N_KINDS);
    return 0;
}

static int take_worker(void *context, const struct worker_row *row, struct err *e)
{
    MUST(row->name && row->host && row->state);
    return 0;
}

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    MUST(metric);
    return 0;
}

static void read_all(struct store *s)
{
    struct err e = { 0 };
    struct store_ids ids;
    struct store_standing standing;
    store_load_ids(s, &ids, &e);
    store_load_campaigns(s, take_campaign, NULL, &e);
    store_load_trials(s, 0, take_trial, NULL, &e);
    store_load_events(s, &(struct event_filter){ .is_notes_only = true }, take_event, NULL, &e);
    store_load_decisions(s, 0, take_decision, NULL, &e);
    store_load_attempts(s, &(struct attempt_filter){ 0 }, take_attempt, NULL, &e);
    store_load_results(s, &(struct result_filter){ 0 }, take_result, NULL, &e);
    store_load_workers(s, take_worker, NULL, &e);
    store_load_points(s, 1, take_point, NULL, &e);
    store_ask_ranking(s, 1, 0, take_trial, NULL, &e);
    store_ask_standing(s, 1, 0, &standing, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct input in = { bytes, len };
    struct err e = { 0 };
    if (!sample.dir)
        make_sample();
    write_damaged(&in);
    struct store *s = store_open(sample.dir, &(struct store_options){ .mode = STORE_READ, .max_steps = 200000 }, &e);
    if (s)
        read_all(s);
    else
        MUST(e.code != ERR_NONE && e.text[0]);
    store_close(s);
    return 0;
}
