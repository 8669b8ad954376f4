/* What is saved comes back the same, and constraints hold. */
#include "tests/store/checks.h"

static int n_taken;

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e_)
{
    int number = (int)row->number;
    struct trial_row want = sample_trial(row->id, 1, number);
    CHECK_INT(n_x, 4);
    CHECK(memcmp(row->x, sample_x(number), 4 * sizeof(double)) == 0);
    CHECK_INT(row->campaign, 1);
    CHECK_INT(row->state, number == 2 ? TRIAL_RUNNING : want.state);
    CHECK_INT(row->bracket, want.bracket);
    CHECK_INT(row->rung, number == 2 ? -1 : want.rung);
    CHECK_INT(row->budget, want.budget);
    CHECK_INT(row->reached, want.reached);
    CHECK_NEAR(row->value, number == 2 ? NAN : want.value, 0);
    CHECK_INT(row->lease, want.lease);
    CHECK_INT(row->worker, number == 2 ? 0 : want.worker);
    CHECK_INT(row->n_attempts, want.n_attempts);
    CHECK_INT(row->n_broken, want.n_broken);
    CHECK(memcmp(row->broke_on, want.broke_on, sizeof want.broke_on) == 0);
    CHECK_TEXT(row->checkpoint, number == 2 ? "" : want.checkpoint);
    CHECK_INT(row->checkpoint_bytes, want.checkpoint_bytes);
    n_taken++;
    return 0;
}

TEST(a_trial_comes_back_bit_for_bit_also_after_an_update_without_x)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 9);
    struct trial_row changed = sample_trial(2, 1, 2);
    changed.state = TRIAL_RUNNING;
    changed.rung = -1;
    changed.value = NAN;
    changed.worker = 0;
    changed.checkpoint[0] = '\0';
    changed.x = NULL;
    OK(store_begin(s, &e));
    OK(store_save_trial(s, &changed, &e));
    OK(store_commit(s, &e));
    store_close(s);
    s = opened(dir, STORE_READ);
    n_taken = 0;
    OK(store_load_trials(s, 0, take_trial, NULL, &e));
    OK(store_load_trials(s, 1, take_trial, NULL, &e));
    OK(store_load_trials(s, 2, take_trial, NULL, &e));
    CHECK_INT(n_taken, 18);
    CHECK_TEXT(asked(s, "SELECT config FROM trials WHERE trial = 4"),
        "{\"hidden\":12,\"rate\":0.016666666666666666,\"kind\":\"gru\",\"heads\":2}");
    CHECK_TEXT(asked(s, "SELECT config FROM trials WHERE trial = 6"), "{\"hidden\":14,\"rate\":0.0125,\"kind\":true}");
    store_close(s);
    sample_remove(dir);
}

static int take_campaign(void *context, const struct campaign_row *row, struct err *e_)
{
    struct campaign_row want = sample_campaign(row->id, (const struct campaign_spec *)context);
    CHECK(row->spec == NULL);
    CHECK_TEXT(row->file, want.file);
    CHECK_INT(row->state, CAMPAIGN_DONE);
    CHECK_INT(row->created_ms, want.created_ms);
    CHECK_INT(row->ended_ms, 99);
    CHECK_INT(row->ran_ms, 77);
    n_taken++;
    return 0;
}

TEST(a_campaign_is_updated_in_its_state_and_times_alone)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 0);
    struct campaign_spec spec = sample_spec("digits");
    struct campaign_row row = sample_campaign(1, &spec);
    row.state = CAMPAIGN_DONE;
    row.ended_ms = 99;
    row.ran_ms = 77;
    row.file = "{}";
    OK(store_begin(s, &e));
    OK(store_save_campaign(s, &row, &e));
    OK(store_commit(s, &e));
    n_taken = 0;
    OK(store_load_campaigns(s, take_campaign, &spec, &e));
    CHECK_INT(n_taken, 1);
    store_close(s);
    campaign_spec_deinit(&spec);
    sample_remove(dir);
}

static int take_result(void *context, const struct result_row *row, struct err *e_)
{
    bool is_late = row->seq == 12;
    struct result_row want = sample_result(row->seq, 1, 0);
    CHECK_INT(row->trial, is_late ? 99 : 1);
    CHECK_INT(row->rung, want.rung);
    CHECK_INT(row->lease, want.lease);
    CHECK_INT(row->worker, want.worker);
    CHECK_INT(row->received_ms, want.received_ms);
    CHECK_INT(row->is_counted, !is_late);
    CHECK_TEXT(row->verdict, is_late ? "unknown" : "counted");
    CHECK_INT(row->failure, is_late ? FAILURE_DIVERGED : -1);
    CHECK_NEAR(row->value, is_late ? NAN : want.value, 0);
    CHECK_INT(row->budget, want.budget);
    CHECK_NEAR(row->seconds, want.seconds, 0);
    CHECK_TEXT(row->checkpoint, is_late ? "" : want.checkpoint);
    CHECK_TEXT(row->kernel, want.kernel);
    n_taken++;
    return 0;
}

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e_)
{
    static const struct {
        const char *metric;
        int step;
        double value;
    } want[] = { { "validation_accuracy", 1, 0.75 }, { "validation_accuracy", 2, 0.9 }, { "validation_loss", 1, 0.5 },
        { "validation_loss", 2, 0.1 } };
    CHECK(n_taken < 4);
    CHECK_TEXT(metric, want[n_taken].metric);
    CHECK_INT(step, want[n_taken].step);
    CHECK_NEAR(value, want[n_taken].value, 0);
    n_taken++;
    return 0;
}

TEST(a_result_and_its_curve_come_back_and_one_of_an_unknown_trial_is_kept)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct result_row row = sample_result(11, 1, 0), stray = sample_result(12, 99, 0);
    stray.is_counted = false;
    stray.verdict = "unknown";
    stray.failure = FAILURE_DIVERGED;
    stray.value = NAN;
    stray.checkpoint = "";
    OK(store_begin(s, &e));
    OK(store_save_result(s, &row, &e));
    OK(store_save_result(s, &stray, &e));
    OK(store_commit(s, &e));
    n_taken = 0;
    OK(store_load_results(s, &(struct result_filter){ 0 }, take_result, NULL, &e));
    CHECK_INT(n_taken, 2);
    OK(store_load_results(
        s, &(struct result_filter){ .campaign = 1, .trial = 1, .is_counted_only = true }, take_result, NULL, &e));
    CHECK_INT(n_taken, 3);
    n_taken = 0;
    OK(store_load_points(s, 1, take_point, NULL, &e));
    CHECK_INT(n_taken, 4);
    store_close(s);
    sample_remove(dir);
}

TEST(a_second_counted_result_of_a_rung_is_refused_and_a_duplicate_is_kept)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct result_row first = sample_result(11, 1, 0), second = sample_result(12, 1, 0);
    OK(store_begin(s, &e));
    OK(store_save_result(s, &first, &e));
    OK(store_commit(s, &e));
    OK(store_begin(s, &e));
    CHECK_INT(store_save_result(s, &second, &e), -1);
    CHECK_INT(e.code, ERR_INVALID);
    store_rollback(s);
    second.is_counted = false;
    second.verdict = "duplicate";
    OK(store_begin(s, &e));
    OK(store_save_result(s, &second, &e));
    OK(store_commit(s, &e));
    CHECK_TEXT(asked(s, "SELECT group_concat(verdict) FROM result"), "counted,duplicate");
    store_close(s);
    sample_remove(dir);
}

static void save_one_point(struct store *s, uint64_t seq, int rung, bool is_counted, const char *metrics)
{
    struct result_row row = sample_result(seq, 1, rung);
    row.curve = &(struct curve_row){ 1, metrics };
    row.n_curve = 1;
    row.is_counted = is_counted;
    row.verdict = is_counted ? "counted" : "late";
    OK(store_begin(s, &e));
    OK(store_save_result(s, &row, &e));
    OK(store_commit(s, &e));
}

TEST(a_point_is_kept_once_and_what_counted_wins)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    const char *question = "SELECT group_concat(value) FROM point";
    save_one_point(s, 11, 0, false, "{\"a\":1}");
    save_one_point(s, 12, 0, false, "{\"a\":2}");
    CHECK_TEXT(asked(s, question), "1.0");
    save_one_point(s, 13, 0, true, "{\"a\":3}");
    CHECK_TEXT(asked(s, question), "3.0");
    save_one_point(s, 14, 1, true, "{\"a\":4}");
    save_one_point(s, 15, 1, false, "{\"a\":5}");
    CHECK_TEXT(asked(s, question), "3.0");
    store_close(s);
    sample_remove(dir);
}

TEST(a_counted_result_of_no_trial_fails_the_commit)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct result_row row = sample_result(11, 99, 0);
    row.n_curve = 0;
    OK(store_begin(s, &e));
    OK(store_save_result(s, &row, &e));
    CHECK_INT(store_commit(s, &e), -1);
    CHECK_INT(e.code, ERR_INVALID);
    CHECK_TEXT(asked(s, "SELECT count(*) FROM result"), "0");
    store_close(s);
    sample_remove(dir);
}

static int take_attempt(void *context, const struct attempt_row *row, struct err *e_)
{
    struct attempt_row want = sample_attempt(1, 1);
    bool runs = row->lease == 2;
    CHECK_INT(row->trial, want.trial);
    CHECK_INT(row->rung, want.rung);
    CHECK_INT(row->worker, want.worker);
    CHECK_INT(row->budget_from, want.budget_from);
    CHECK_INT(row->budget_to, want.budget_to);
    CHECK_INT(row->granted_ms, want.granted_ms);
    CHECK_INT(row->ended_ms, runs ? 0 : want.ended_ms);
    CHECK_TEXT(row->outcome, runs ? "" : want.outcome);
    CHECK_TEXT(row->reason, runs ? "" : want.reason);
    if (runs)
        CHECK(row->log_tail == NULL);
    else
        CHECK_TEXT(row->log_tail, want.log_tail);
    CHECK_NEAR(row->seconds, want.seconds, 0);
    n_taken++;
    return 0;
}

TEST(an_attempt_keeps_its_log_when_an_update_brings_none)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct attempt_row row = sample_attempt(1, 1), running = sample_attempt(1, 2);
    running.ended_ms = 0;
    running.outcome = running.reason = "";
    running.log_tail = NULL;
    OK(store_begin(s, &e));
    OK(store_save_attempt(s, &row, &e));
    row.log_tail = NULL;
    OK(store_save_attempt(s, &row, &e));
    OK(store_save_attempt(s, &running, &e));
    OK(store_commit(s, &e));
    n_taken = 0;
    OK(store_load_attempts(s, &(struct attempt_filter){ .campaign = 1 }, take_attempt, NULL, &e));
    CHECK_INT(n_taken, 2);
    OK(store_load_attempts(s, &(struct attempt_filter){ .trial = 2 }, take_attempt, NULL, &e));
    CHECK_INT(n_taken, 2);
    store_close(s);
    sample_remove(dir);
}

static int take_decision(void *context, const struct decision_row *row, struct err *e_)
{
    struct decision_row want = sample_decision(21, 1, 3);
    want.decision.trial = 3;
    struct search_decision got = row->decision;
    CHECK_INT(row->seq, 21);
    CHECK_INT(row->saw, 20);
    CHECK_INT(row->campaign, 1);
    CHECK_INT(row->trial, 3);
    CHECK_TEXT(got.note, "");
    CHECK(got.x == NULL);
    CHECK_INT(got.move, want.decision.move);
    CHECK_INT(got.origin, want.decision.origin);
    CHECK_INT(got.trial, 3);
    CHECK_INT(got.bracket, want.decision.bracket);
    CHECK_INT(got.rung, want.decision.rung);
    CHECK_INT(got.budget, want.decision.budget);
    CHECK_INT(got.n_candidates, want.decision.n_candidates);
    CHECK_NEAR(got.score, want.decision.score, 0);
    CHECK_INT(got.score_rank, want.decision.score_rank);
    CHECK_INT(got.model_rung, want.decision.model_rung);
    CHECK_INT(got.n_good, want.decision.n_good);
    CHECK_INT(got.n_bad, want.decision.n_bad);
    CHECK_INT(got.n_pending, want.decision.n_pending);
    CHECK_INT(got.rank, want.decision.rank);
    CHECK_INT(got.n_at_rung, want.decision.n_at_rung);
    CHECK_INT(got.n_promoted, want.decision.n_promoted);
    CHECK_NEAR(got.loss, want.decision.loss, 0);
    CHECK_NEAR(got.line, want.decision.line, 0);
    CHECK_INT(got.n_running, want.decision.n_running);
    CHECK_INT(got.running.n, 3);
    CHECK(memcmp(got.running.trials, want.decision.running.trials, 3 * sizeof(uint32_t)) == 0);
    CHECK_INT(got.best_first.n, 0);
    n_taken++;
    return 0;
}

TEST(a_decision_comes_back_bit_for_bit)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    struct decision_row row = sample_decision(21, 1, 3);
    OK(store_begin(s, &e));
    OK(store_save_decision(s, &row, &e));
    OK(store_commit(s, &e));
    n_taken = 0;
    OK(store_load_decisions(s, 0, take_decision, NULL, &e));
    OK(store_load_decisions(s, 1, take_decision, NULL, &e));
    OK(store_load_decisions(s, 2, take_decision, NULL, &e));
    CHECK_INT(n_taken, 2);
    store_close(s);
    sample_remove(dir);
}

/* ---- results from elsewhere ---- */

static struct import_row imports[2];
static double import_x[2][4];
static int n_imports;

static int take_import(void *context, const struct import_row *row, int n_x, struct err *e_)
{
    CHECK_INT(n_x, 4);
    CHECK(n_imports < 2);
    imports[n_imports] = *row;
    CHECK_TEXT(row->source, n_imports ? "elsewhere" : "old.db");
    memcpy(import_x[n_imports++], row->x, sizeof import_x[0]);
    return 0;
}

TEST(results_from_elsewhere_come_back_bit_for_bit)
{
    char *dir = sample_directory();
    struct store *s = sample_begun(dir, 3);
    OK(store_begin(s, &e));
    for (int i = 1; i <= 2; i++) {
        struct import_row row = { .campaign = 1, .number = i, .seq = 7, .budget = 17, .x = sample_x(i), .value = 0.1 };
        row.source = i == 1 ? "old.db" : "elsewhere";
        row.value = i == 1 ? 0.1 : NAN;
        OK(store_save_import(s, &row, &e));
    }
    OK(store_commit(s, &e));
    OK(store_load_imports(s, 1, take_import, NULL, &e));
    CHECK_INT(n_imports, 2);
    CHECK(imports[0].value == 0.1 && isnan(imports[1].value) && imports[1].seq == 7 && imports[1].budget == 17);
    for (int i = 1; i <= 2; i++)
        CHECK(memcmp(import_x[i - 1], sample_x(i), sizeof import_x[0]) == 0);
    OK(store_load_imports(s, 2, take_import, NULL, &e));
    store_close(s);
    sample_remove(dir);
}

TAP_MAIN
