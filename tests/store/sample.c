#include "tests/store/sample.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/campaign.h"

struct err sample_error;

char *sample_directory(void)
{
    const char *tmp = getenv("TMPDIR");
    struct str path = { 0 };
    str_addf(&path, "%s/rung-store-XXXXXX", tmp ? tmp : "/tmp");
    char *dir = str_take(&path);
    if (!mkdtemp(dir))
        abort();
    return dir;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    return remove(path);
}

void sample_remove(char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

struct store *sample_open(const char *dir, enum store_mode mode)
{
    sample_error = (struct err){ 0 };
    return store_open(dir, &(struct store_options){ .mode = mode, .reserve_bytes = -1 }, &sample_error);
}

static const char campaign_file[] =
    "{ \"name\": \"%s\", \"seed\": 7, \"objective\": { \"metric\": \"validation_loss\", \"goal\": \"minimize\" },"
    "  \"trial\": { \"command\": [\"python3\", \"train.py\"], \"fixed\": { \"layers\": 2 } },"
    "  \"space\": { \"hidden\": { \"type\": \"int\", \"low\": 8, \"high\": 64 },"
    "               \"rate\": { \"type\": \"float\", \"low\": 1e-5, \"high\": 0.1, \"log\": true },"
    "               \"kind\": { \"type\": \"categorical\", \"choices\": [\"gru\", \"linear\", true, 2.5] },"
    "               \"heads\": { \"type\": \"int\", \"low\": 1, \"high\": 4, \"when\": \"kind = 'gru'\" } },"
    "  \"search\": { \"sampler\": \"tpe\", \"scheduler\": \"hyperband\", \"min_budget\": 2, \"max_budget\": 50 },"
    "  \"limits\": { \"trials\": 100 } }";

struct campaign_spec sample_spec(const char *name)
{
    struct str text = { 0 };
    struct problems problems = { 0 };
    struct campaign_spec spec = { 0 };
    for (const char *c = campaign_file; *c; c++)
        if (strncmp(c, "%s", 2) == 0) {
            str_add(&text, name);
            c++;
        } else
            str_add_char(&text, *c);
    if (campaign_parse(str_text(&text), text.len, "/srv", &spec, &problems) < 0)
        abort();
    str_deinit(&text);
    problems_deinit(&problems);
    return spec;
}

struct campaign_row sample_campaign(int64_t id, const struct campaign_spec *spec)
{
    static char files[8][4096]; /* by id: texts that live as long as the process */
    struct str text = { 0 };
    campaign_canonical(spec, &text);
    if (!str_copy(files[id % 8], sizeof files[0], str_text(&text)))
        abort();
    str_deinit(&text);
    return (struct campaign_row){ .id = id,
        .spec = spec,
        .file = files[id % 8],
        .state = CAMPAIGN_RUNNING,
        .created_ms = 1767225600000 + id, /* 2026-01-01 */
        .ran_ms = 61000 };
}

const double *sample_x(int number)
{
    static double x[4];
    x[0] = 8 + number % 50;
    x[1] = 0.1 / (number + 2);
    x[2] = number % 4;
    x[3] = number % 4 == 0 ? 1 + number % 3 : NAN;
    return x;
}

struct trial_row sample_trial(int64_t id, int64_t campaign, int number)
{
    return (struct trial_row){ .id = id,
        .campaign = campaign,
        .number = (uint32_t)number,
        .state = TRIAL_PAUSED,
        .x = sample_x(number),
        .bracket = number % 3,
        .rung = 1,
        .budget = 6,
        .reached = 6,
        .value = 1.0 / (number + 2),
        .lease = 3,
        .worker = 2,
        .n_attempts = 3,
        .n_broken = 1,
        .broke_on = { 2, 0, 0 },
        .checkpoint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        .checkpoint_bytes = 123456 };
}

struct result_row sample_result(uint64_t seq, int64_t trial, int rung)
{
    static const struct curve_row curve[] = { { 1, "{\"validation_loss\":0.5,\"validation_accuracy\":0.75}" },
        { 2, "{\"validation_loss\":0.1000000000000000055511151231257827,\"validation_accuracy\":0.9}" } };
    return (struct result_row){ .seq = seq,
        .trial = trial,
        .rung = rung,
        .lease = 1,
        .worker = 2,
        .received_ms = 1767225660000,
        .is_counted = true,
        .verdict = "counted",
        .failure = -1,
        .value = 0.1,
        .budget = 2,
        .seconds = 12.5,
        .checkpoint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        .kernel = "Haswell",
        .curve = curve,
        .n_curve = 2 };
}

struct attempt_row sample_attempt(int64_t trial, uint64_t lease)
{
    return (struct attempt_row){ .trial = trial,
        .lease = lease,
        .rung = 1,
        .worker = 2,
        .budget_from = 2,
        .budget_to = 6,
        .granted_ms = 1767225660000,
        .ended_ms = 1767225670000,
        .outcome = "exit",
        .reason = "ValueError: no such layer",
        .log_tail = "Traceback\nValueError: no such layer\n",
        .seconds = 9.5 };
}

struct decision_row sample_decision(uint64_t seq, int64_t campaign, int64_t trial)
{
    return (struct decision_row){ .seq = seq,
        .saw = seq - 1,
        .campaign = campaign,
        .trial = trial,
        .decision = { .move = SEARCH_START,
            .origin = SEARCH_MODEL,
            .note = "",
            .bracket = 1,
            .rung = 0,
            .budget = 2,
            .n_candidates = 64,
            .score = 1.0 / 3,
            .score_rank = 2,
            .model_rung = 1,
            .n_good = 5,
            .n_bad = 20,
            .n_pending = 3,
            .rank = 4,
            .n_at_rung = 9,
            .n_promoted = 1,
            .loss = 0.125,
            .line = 0.25,
            .n_running = 3,
            .running = { 3, { 7, 8, 4000000 } },
            .best_first = { 0 } } };
}

struct event_row sample_event(uint64_t seq, enum event_kind kind, int64_t campaign, int64_t trial)
{
    return (struct event_row){ .seq = seq,
        .wall_ms = 1767225660000 + (int64_t)seq,
        .kind = kind,
        .campaign = campaign,
        .trial = trial,
        .worker = 2,
        .rung = 1,
        .lease = 3,
        .value = 0.1,
        .text = "why" };
}

struct worker_row sample_worker(int64_t id)
{
    return (struct worker_row){ .id = id,
        .key = 0xfedcba9876543210 + (uint64_t)id,
        .name = id == 2 ? "ada/1" : "bob",
        .host = "ada.example.org",
        .version = "0.1.0",
        .kernel = "Haswell",
        .pid = 4711,
        .slots = 4,
        .cores = 8,
        .memory_bytes = INT64_C(24) << 30,
        .load = id == 2 ? 1.25 : NAN,
        .first_seen_ms = 1767225600000,
        .last_seen_ms = 1767225660000,
        .state = "here" };
}

struct store *sample_begun(const char *dir, int n_trials)
{
    struct store *s = sample_open(dir, STORE_WRITE);
    if (!s)
        return NULL;
    struct campaign_spec spec = sample_spec("digits");
    struct campaign_row campaign = sample_campaign(1, &spec);
    int failed = store_begin(s, &sample_error) < 0 || store_save_campaign(s, &campaign, &sample_error) < 0;
    for (int i = 1; i <= n_trials && !failed; i++) {
        struct trial_row trial = sample_trial(i, 1, i);
        failed = store_save_trial(s, &trial, &sample_error) < 0;
    }
    failed = failed || store_commit(s, &sample_error) < 0;
    campaign_spec_deinit(&spec);
    if (!failed)
        return s;
    store_close(s);
    return NULL;
}
