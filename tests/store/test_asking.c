/* The commands that answer from the store, on a store made here, against golden texts. RUNG_GOLDEN names their
 * directory; with RUNG_GOLDEN_WRITE set they are written instead, to be read before they are kept.
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "coordinator/ask/asking.h"
#include "tests/store/sample.h"
#include "tests/tap.h"

static struct err e;

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            TAP_FAIL("%s: %s", #call, e.text);                                                                         \
    } while (0)

/* ---- a campaign in the middle of things ---- */

static const int64_t rungs[] = { 2, 6, 17, 50 };

struct writer {
    struct store *store;
    uint64_t seq;
    int64_t campaign;
};

static void add_decision(struct writer *w, int64_t trial, struct search_decision d)
{
    struct decision_row row = { ++w->seq, w->seq - 1, w->campaign, trial, d };
    struct event_row event =
        sample_event(row.seq, d.move == SEARCH_START ? EVENT_STARTED : EVENT_PROMOTED, w->campaign, trial);
    event.rung = d.move == SEARCH_START ? d.bracket : d.rung;
    event.value = NAN;
    event.worker = 0;
    event.text = "";
    row.decision.budget = rungs[d.rung];
    if (!row.decision.note)
        row.decision.note = "";
    OK(store_save_decision(w->store, &row, &e));
    OK(store_save_event(w->store, &event, &e));
}

/* The steps of a rung with a curve that falls to `value`. */
static void add_result(struct writer *w, int64_t trial, int rung, double value)
{
    static struct curve_row curve[64];
    static char texts[64][128];
    int64_t from = rung ? rungs[rung - 1] : 0;
    int n = (int)(rungs[rung] - from);
    for (int i = 0; i < n; i++) {
        int64_t step = from + i + 1;
        double loss = i == n - 1 ? value : value + 0.5 / (double)step - 0.5 / (double)rungs[rung];
        snprintf(
            texts[i], sizeof texts[i], "{\"validation_loss\":%.17g,\"validation_accuracy\":%.17g}", loss, 1 - loss);
        curve[i] = (struct curve_row){ step, texts[i] };
    }
    struct result_row row = sample_result(++w->seq, trial, rung);
    struct event_row event = sample_event(row.seq, EVENT_COUNTED, w->campaign, trial);
    struct attempt_row attempt = sample_attempt(trial, (uint64_t)rung + 1);
    event.rung = rung;
    event.text = "";
    row.lease = event.lease = attempt.lease;
    row.value = event.value = value;
    row.budget = attempt.budget_to = rungs[rung];
    row.curve = curve;
    row.n_curve = n;
    attempt.rung = rung;
    attempt.budget_from = from;
    attempt.outcome = "reached";
    attempt.reason = "";
    attempt.log_tail = "epoch 1\nepoch 2\n";
    OK(store_save_result(w->store, &row, &e));
    OK(store_save_event(w->store, &event, &e));
    OK(store_save_attempt(w->store, &attempt, &e));
}

static struct trial_row make_trial(struct writer *w, int number, enum trial_state state, int rung, double value)
{
    struct trial_row row = sample_trial(w->campaign * 100 + number, w->campaign, number);
    row.state = state;
    row.rung = rung;
    row.bracket = 0;
    row.value = value;
    row.worker = state == TRIAL_RUNNING ? 2 : 0;
    row.reached = row.budget = isnan(value) ? 0 : rungs[state == TRIAL_RUNNING ? rung - 1 : rung];
    row.lease = (uint64_t)rung + 1;
    row.n_attempts = rung + 1;
    if (isnan(value)) {
        row.checkpoint[0] = '\0';
        row.checkpoint_bytes = 0;
    }
    OK(store_save_trial(w->store, &row, &e));
    return row;
}

static const struct search_decision by_chance = { .move = SEARCH_START, .origin = SEARCH_PRIOR, .n_candidates = 3 };
static const struct search_decision by_model = { .move = SEARCH_START,
    .origin = SEARCH_MODEL,
    .n_candidates = 64,
    .score = 1.25,
    .score_rank = 1,
    .model_rung = 1,
    .n_good = 5,
    .n_bad = 20,
    .n_pending = 3,
    .n_running = 3,
    .running = { 3, { 3, 4, 6 } } };

static struct search_decision promotion(int rung, enum search_origin origin, int rank, int n, double loss, double line)
{
    return (struct search_decision){ .move = SEARCH_PROMOTE,
        .origin = origin,
        .rung = rung,
        .rank = rank,
        .n_at_rung = n,
        .n_promoted = rank - 1,
        .loss = loss,
        .line = line,
        .n_running = -1, /* of an older store */
        .running.n = -1,
        .best_first = { 3, { 1, 2, 5 } } };
}

static void add_best_trial(struct writer *w)
{
    struct trial_row t = make_trial(w, 1, TRIAL_COMPLETED, 3, 0.0625);
    add_decision(w, t.id, by_chance);
    add_result(w, t.id, 0, 0.5);
    add_decision(w, t.id, promotion(1, SEARCH_QUOTA, 1, 3, 0.5, 0.5));
    add_result(w, t.id, 1, 0.25);
    add_decision(w, t.id, promotion(2, SEARCH_QUOTA, 1, 3, 0.25, 0.25));
    add_result(w, t.id, 2, 0.125);
    add_decision(w, t.id, promotion(3, SEARCH_ENDGAME, 1, 1, 0.125, 0.125));
    add_result(w, t.id, 3, 0.0625);
}

static void add_failed_trial(struct writer *w)
{
    struct trial_row t = make_trial(w, 3, TRIAL_FAILED, -1, NAN);
    struct attempt_row attempt = sample_attempt(t.id, 1);
    struct result_row result = sample_result(++w->seq, t.id, 0);
    attempt.rung = 0;
    attempt.budget_from = 0;
    attempt.budget_to = 2;
    attempt.reason = "ValueError: no such layer \033[31mred\033[0m";
    attempt.log_tail = "Traceback\n\tValueError: no such layer \033[31mred\n";
    result.failure = FAILURE_EXIT;
    result.value = NAN;
    result.budget = 0;
    result.n_curve = 0;
    result.checkpoint = "";
    add_decision(w, t.id, by_model);
    OK(store_save_attempt(w->store, &attempt, &e));
    OK(store_save_result(w->store, &result, &e));
}

static void add_others(struct writer *w)
{
    struct trial_row t = make_trial(w, 2, TRIAL_PAUSED, 0, 0.75);
    add_decision(w, t.id, by_chance);
    add_result(w, t.id, 0, 0.75);
    add_failed_trial(w);
    t = make_trial(w, 4, TRIAL_RUNNING, 1, 0.625);
    add_decision(w, t.id, by_model);
    add_result(w, t.id, 0, 0.625);
    add_decision(w, t.id, promotion(1, SEARCH_QUOTA, 2, 6, 0.625, 0.625));
    struct attempt_row running = sample_attempt(t.id, 2);
    running.ended_ms = 0;
    running.outcome = running.reason = "";
    running.log_tail = NULL;
    OK(store_save_attempt(w->store, &running, &e));
    t = make_trial(w, 5, TRIAL_QUEUED, 0, NAN);
    struct search_decision second_choice = by_model;
    second_choice.score_rank = 2;
    add_decision(w, t.id, second_choice);
    t = make_trial(w, 6, TRIAL_SET_ASIDE, -1, NAN);
    add_decision(w, t.id, (struct search_decision){ .move = SEARCH_START, .origin = SEARCH_ENQUEUED });
    struct attempt_row lost = sample_attempt(t.id, 1);
    lost.outcome = "lost";
    lost.reason = "the worker was not heard of for 30 s";
    lost.log_tail = NULL;
    OK(store_save_attempt(w->store, &lost, &e));
}

static void save_campaign(struct writer *w, int64_t id, const char *name, enum campaign_state state)
{
    struct campaign_spec spec = sample_spec(name);
    struct campaign_row row = sample_campaign(id, &spec);
    row.state = state;
    row.created_ms += id * 86400000;
    w->campaign = id;
    OK(store_save_campaign(w->store, &row, &e));
    campaign_spec_deinit(&spec);
}

static char *dir;

/* "lost" is over without a success, "young" has one result at the lowest rung, "digits" is the latest. */
static void make_store(void)
{
    dir = sample_directory();
    struct writer w = { .store = sample_open(dir, STORE_WRITE) };
    if (!w.store)
        TAP_FAIL("%s", sample_error.text);
    OK(store_begin(w.store, &e));
    for (int64_t id = 1; id <= 2; id++) {
        struct worker_row worker = sample_worker(id);
        OK(store_save_worker(w.store, &worker, &e));
    }
    save_campaign(&w, 1, "lost", CAMPAIGN_DONE);
    add_failed_trial(&w);
    save_campaign(&w, 2, "young", CAMPAIGN_STOPPED);
    struct trial_row t = make_trial(&w, 1, TRIAL_STOPPED, 0, 0.75);
    add_decision(&w, t.id, by_chance);
    add_result(&w, t.id, 0, 0.75);
    save_campaign(&w, 4, "empty", CAMPAIGN_RUNNING);
    save_campaign(&w, 3, "digits", CAMPAIGN_RUNNING);
    add_best_trial(&w);
    add_others(&w);
    OK(store_commit(w.store, &e));
    store_close(w.store);
}

/* ---- asking ---- */

static char *answer; /* of the last command; owned */
static size_t answer_len;

static struct asking question(const char *campaign, bool is_json)
{
    return (struct asking){ dir, campaign, is_json, { .columns = 80, .rows = 24, .is_utf8 = true } };
}

#define ASK(status, call)                                                                                              \
    do {                                                                                                               \
        free(answer);                                                                                                  \
        FILE *out = open_memstream(&answer, &answer_len);                                                              \
        e = (struct err){ 0 };                                                                                         \
        int got = (call);                                                                                              \
        fclose(out);                                                                                                   \
        if (got != (status))                                                                                           \
            TAP_FAIL("%s: %d: %s", #call, got, e.text);                                                                \
    } while (0)

static void check_golden(const char *name)
{
    const char *golden = getenv("RUNG_GOLDEN");
    static char path[512], want[32768];
    if (!golden)
        SKIP("RUNG_GOLDEN is not set");
    snprintf(path, sizeof path, "%s/%s.txt", golden, name);
    if (getenv("RUNG_GOLDEN_WRITE")) {
        FILE *f = fopen(path, "w");
        CHECK(f);
        fputs(answer, f);
        fclose(f);
    }
    FILE *f = fopen(path, "r");
    if (!f)
        TAP_FAIL("%s is not there", path);
    size_t len = fread(want, 1, sizeof want - 1, f);
    fclose(f);
    want[len] = '\0';
    if (strcmp(answer, want) != 0)
        TAP_FAIL("the answer is not that of %s.txt:\n%s", name, answer);
}

static void check_width(void)
{
    int width = 0;
    for (const char *c = answer; *c; c++) {
        width = *c == '\n' ? 0 : width + (((unsigned char)*c & 0xC0) != 0x80);
        CHECK(width <= 80);
        CHECK(*c == '\n' || (unsigned char)*c >= 32);
    }
}

TEST(the_answers_are_the_golden_ones_and_fit_eighty_columns)
{
    make_store();
    struct asking q = question("digits", false), json = question("digits", true);
    struct asking plain = q, csv = q, young = question("young", false), all = question(NULL, false);
    plain.look.is_utf8 = false;
    csv.is_csv = true;
    /* clang-format off */
    static const char *const names[] = { "best", "best_young", "best_top", "trials", "show", "show_ascii", "show_failed",
        "explain_completed", "explain_paused", "explain_failed", "explain_running", "explain_queued", "explain_set_aside",
        "explain_stopped", "logs", "campaigns", "events" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        switch (i) {
        case 0:  ASK(0, cli_best(&q, 0, BEST_TEXT, out, &e)); break;
        case 1:  ASK(0, cli_best(&young, 0, BEST_TEXT, out, &e)); break;
        case 2:  ASK(0, cli_best(&q, 10, BEST_TEXT, out, &e)); break;
        case 3:  ASK(0, cli_trials(&q, out, &e)); break;
        case 4:  ASK(0, cli_show(&q, "1", out, &e)); break;
        case 5:  ASK(0, cli_show(&plain, "1", out, &e)); break;
        case 6:  ASK(0, cli_show(&q, "3", out, &e)); break;
        case 7:  ASK(0, cli_explain(&q, "1", out, &e)); break;
        case 8:  ASK(0, cli_explain(&q, "2", out, &e)); break;
        case 9:  ASK(0, cli_explain(&q, "3", out, &e)); break;
        case 10: ASK(0, cli_explain(&q, "4", out, &e)); break;
        case 11: ASK(0, cli_explain(&q, "5", out, &e)); break;
        case 12: ASK(0, cli_explain(&q, "6", out, &e)); break;
        case 13: ASK(0, cli_explain(&young, "1", out, &e)); break;
        case 14: ASK(0, cli_logs(&q, "3", 0, out, &e)); break;
        case 15: ASK(0, cli_campaigns(&all, out, &e)); break;
        case 16: ASK(0, cli_events(&all, 8, out, &e)); break;
        }
        check_golden(names[i]);
        check_width();
    }
    /* clang-format on */
    ASK(0, cli_trials(&csv, out, &e));
    check_golden("trials_csv");
    ASK(0, cli_best(&json, 0, BEST_TEXT, out, &e));
    check_golden("best_json");
    ASK(0, cli_show(&json, "3", out, &e));
    check_golden("show_json");
    ASK(0, cli_explain(&json, "2", out, &e));
    check_golden("explain_json");
    ASK(0, cli_events(&json, 3, out, &e));
    check_golden("events_json");
    sample_remove(dir);
}

/* The member of the answer at /a/b, as JSON text. */
static const char *member(const char *key, const char *below)
{
    static struct str text;
    struct json_doc *doc = json_parse(answer, answer_len, &e);
    if (!doc)
        TAP_FAIL("%s: %s", e.text, answer);
    json_value v = json_get(json_root(doc), key);
    if (below)
        v = json_get(json_type(v) == JSON_ARRAY ? json_first(v) : v, below);
    str_clear(&text);
    if (v)
        json_print(&text, v);
    json_free(doc);
    return str_text(&text);
}

TEST(best_is_json_with_its_schema_and_exact_numbers)
{
    make_store();
    struct asking q = question("digits", true);
    ASK(0, cli_best(&q, 0, BEST_TEXT, out, &e));
    CHECK_TEXT(member("schema", NULL), "\"rung.best/1\"");
    CHECK_TEXT(member("campaign", NULL), "\"digits\"");
    CHECK_TEXT(member("trial", NULL), "1");
    CHECK_TEXT(member("value", NULL), "0.0625");
    CHECK_TEXT(member("budget", NULL), "50");
    CHECK_TEXT(member("config", "rate"), "0.03333333333333333");
    CHECK_TEXT(member("config", "layers"), "2");
    CHECK_TEXT(member("metrics", "validation_accuracy"), "0.9375");
    ASK(0, cli_best(&q, 2, BEST_TEXT, out, &e));
    CHECK_TEXT(member("schema", NULL), "\"rung.best/1\"");
    CHECK_TEXT(member("top", "trial"), "1");
    ASK(0, cli_trials(&q, out, &e));
    CHECK_TEXT(member("trials", "state"), "\"completed\"");
    q.campaign = NULL;
    ASK(0, cli_campaigns(&q, out, &e));
    CHECK_TEXT(member("campaigns", "state"), "\"done\"");
    sample_remove(dir);
}

TEST(the_exit_status_tells_no_success_from_not_found)
{
    make_store();
    struct asking lost = question("lost", false), empty = question("empty", false), none = question("digit", false);
    ASK(EXIT_STATUS_NO_SUCCESS, cli_best(&lost, 0, BEST_TEXT, out, &e));
    CHECK_TEXT(answer, "");
    ASK(-1, cli_best(&empty, 0, BEST_TEXT, out, &e));
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_CONTAINS(e.text, "no trial of empty has a result yet");
    ASK(-1, cli_best(&none, 0, BEST_TEXT, out, &e));
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_CONTAINS(e.text, "is it digits?");
    ASK(-1, cli_show(&lost, "9", out, &e));
    CHECK_INT(e.code, ERR_NOT_FOUND);
    ASK(-1, cli_show(&lost, "nine", out, &e));
    CHECK_INT(e.code, ERR_USAGE);
    ASK(-1, cli_logs(&lost, "3", 7, out, &e));
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_CONTAINS(e.text, "no attempt 7");
    struct asking nowhere = { .store = "/nonexistent/store" };
    ASK(-1, cli_trials(&nowhere, out, &e));
    CHECK_INT(e.code, ERR_NOT_FOUND);
    sample_remove(dir);
}

TEST(without_a_name_the_latest_campaign_is_meant)
{
    make_store();
    struct asking q = question(NULL, true);
    ASK(-1, cli_best(&q, 0, BEST_TEXT, out, &e)); /* empty was created last, though saved before digits */
    CHECK_CONTAINS(e.text, "no trial of empty");
    sample_remove(dir);
}

TEST(a_log_comes_without_what_a_terminal_would_obey)
{
    make_store();
    struct asking q = question("digits", false);
    ASK(0, cli_logs(&q, "3", 1, out, &e));
    CHECK_TEXT(answer, "Traceback\n ValueError: no such layer ?[31mred\n");
    ASK(0, cli_logs(&q, "4", 0, out, &e));
    CHECK_TEXT(answer, "epoch 1\nepoch 2\n");
    ASK(-1, cli_logs(&q, "4", 2, out, &e));
    CHECK_CONTAINS(e.text, "is running");
    sample_remove(dir);
}

TEST(questions_are_answered_while_a_writer_is_there_and_without_the_files_beside)
{
    make_store();
    struct asking q = question("digits", true);
    struct store *s = sample_open(dir, STORE_WRITE);
    CHECK(s);
    ASK(0, cli_best(&q, 0, BEST_TEXT, out, &e));
    store_close(s);
    struct str path = { 0 };
    str_addf(&path, "%s/rung.db-wal", dir);
    unlink(path.text);
    path.text[path.len - 3] = '\0';
    strcat(path.text, "shm");
    unlink(path.text);
    ASK(0, cli_best(&q, 0, BEST_TEXT, out, &e));
    CHECK_TEXT(member("trial", NULL), "1");
    str_deinit(&path);
    sample_remove(dir);
}

TAP_MAIN
