/* Events, workers and blobs come back, and what was rolled back does not; the words and the views that people see. */
#include "tests/store/checks.h"

static int n_taken;

static int take_event(void *context, const struct event_row *row, struct err *e_)
{
    str_addf((struct str *)context, "%d:%s ", (int)row->seq, event_kind_names[row->kind]);
    bool is_bare = row->kind == EVENT_JOINED;
    CHECK_INT(row->trial, is_bare ? 0 : 1);
    CHECK_INT(row->rung, is_bare ? -1 : 1);
    CHECK_INT(row->lease, is_bare ? 0 : 3);
    CHECK_NEAR(row->value, is_bare ? NAN : 0.1, 0);
    CHECK_TEXT(row->text, is_bare ? "" : "why");
    return 0;
}

TEST(events_come_in_order_and_the_notes_of_a_campaign_alone_where_asked)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    OK(store_begin(s, &e));
    for (int kind = 0; kind < EVENT_N_KINDS; kind++) {
        struct event_row row = sample_event((uint64_t)(20 - kind), (enum event_kind)kind, kind % 2 ? 1 : 2, 1);
        if (kind == EVENT_JOINED) {
            row.campaign = row.trial = row.worker = 0;
            row.rung = -1;
            row.lease = 0;
            row.value = NAN;
            row.text = NULL;
        }
        OK(store_save_event(s, &row, &e));
    }
    OK(store_commit(s, &e));
    static const struct {
        struct event_filter filter;
        const char *want;
    } cases[] = {
        { { .campaign = 1, .is_notes_only = true }, "17:failed 19:promoted " },
        { { .campaign = 2, .is_notes_only = true, .after = 16 }, "18:counted 20:started " },
        { { .is_notes_only = true, .max_rows = 3 }, "16:abandoned 17:failed 18:counted " },
        { { .trial = 1, .max_rows = 2, .after = 9 }, "11:campaign 12:late " },
        { { .after = 18 }, "19:promoted 20:started " },
        { { .max_rows = 2 }, "9:left 10:joined " },
        { { .campaign = 1, .max_rows = -2 }, "17:failed 19:promoted " },
        { { .after = 19, .max_rows = -2 }, "20:started " },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = { 0 };
        OK(store_load_events(s, &cases[i].filter, take_event, &got, &e));
        CHECK_TEXT(str_text(&got), cases[i].want);
        str_deinit(&got);
    }
    struct store_ids ids;
    OK(store_load_ids(s, &ids, &e));
    CHECK_INT(ids.seq, 20);
    CHECK_INT(ids.trial, 1);
    CHECK_INT(ids.campaign, 1);
    CHECK_INT(ids.worker, 0);
    store_close(s);
    sample_remove(dir);
}

static int take_worker(void *context, const struct worker_row *row, struct err *e_)
{
    struct worker_row want = sample_worker(2);
    CHECK(row->key == want.key);
    CHECK_TEXT(row->name, want.name);
    CHECK_TEXT(row->host, want.host);
    CHECK_TEXT(row->version, want.version);
    CHECK_TEXT(row->kernel, want.kernel);
    CHECK_INT(row->pid, want.pid);
    CHECK_INT(row->slots, want.slots);
    CHECK_INT(row->cores, want.cores);
    CHECK_INT(row->first_seen_ms, want.first_seen_ms);
    CHECK_INT(row->last_seen_ms, want.last_seen_ms);
    CHECK_TEXT(row->state, "gone");
    n_taken++;
    return 0;
}

static int take_blob(void *context, const struct blob_row *row, struct err *e_)
{
    CHECK_TEXT(row->hash, "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    CHECK_INT(row->size, 1LL << 40);
    n_taken++;
    return 0;
}

TEST(workers_and_blobs_come_back_and_a_dropped_blob_is_gone)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 0);
    struct worker_row worker = sample_worker(2);
    struct blob_row blob = { "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 1LL << 40 };
    OK(store_begin(s, &e));
    OK(store_save_worker(s, &worker, &e));
    worker.state = "gone";
    OK(store_save_worker(s, &worker, &e));
    OK(store_save_blob(s, &blob, &e));
    OK(store_save_blob(s, &blob, &e));
    OK(store_commit(s, &e));
    n_taken = 0;
    OK(store_load_workers(s, take_worker, NULL, &e));
    OK(store_load_blobs(s, take_blob, NULL, &e));
    CHECK_INT(n_taken, 2);
    OK(store_begin(s, &e));
    OK(store_drop_blob(s, blob.hash, &e));
    OK(store_drop_blob(s, blob.hash, &e));
    OK(store_commit(s, &e));
    OK(store_load_blobs(s, take_blob, NULL, &e));
    CHECK_INT(n_taken, 2);
    store_close(s);
    sample_remove(dir);
}

static int refuse(void *context, const struct blob_row *row, struct err *e_)
{
    return err_set(e_, ERR_INVALID, "no thanks");
}

TEST(a_load_stops_when_the_taker_refuses)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 0);
    OK(store_begin(s, &e));
    for (int i = 0; i < 2; i++) {
        struct blob_row blob = { "0f112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 1 };
        blob.hash[0] = (char)('0' + i);
        OK(store_save_blob(s, &blob, &e));
    }
    OK(store_commit(s, &e));
    CHECK_INT(store_load_blobs(s, refuse, NULL, &e), -1);
    CHECK_TEXT(e.text, "no thanks");
    store_close(s);
    sample_remove(dir);
}

TEST(what_was_rolled_back_leaves_no_trace)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct campaign_spec other = sample_spec("other");
    struct campaign_row campaign = sample_campaign(2, &other);
    struct trial_row trial = sample_trial(5, 2, 1);
    OK(store_begin(s, &e));
    OK(store_save_campaign(s, &campaign, &e));
    OK(store_save_trial(s, &trial, &e));
    store_rollback(s);
    OK(store_begin(s, &e));
    CHECK_INT(store_save_trial(s, &trial, &e), -1);
    CHECK_INT(e.code, ERR_INVALID);
    CHECK_CONTAINS(e.text, "campaign was not saved");
    store_rollback(s);
    CHECK_TEXT(asked(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'trials_other'"), "0");
    store_close(s);
    campaign_spec_deinit(&other);
    sample_remove(dir);
}

TEST(the_words_of_decisions_are_those_of_the_search)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    OK(store_begin(s, &e));
    for (int origin = SEARCH_ENQUEUED; origin < SEARCH_NO_ORIGIN; origin++) {
        struct decision_row row = sample_decision((uint64_t)origin + 1, 1, 1);
        row.decision.origin = (enum search_origin)origin;
        row.decision.move = origin < SEARCH_QUOTA ? SEARCH_START : SEARCH_PROMOTE;
        OK(store_save_decision(s, &row, &e));
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT move, origin FROM decision WHERE seq = %d", origin + 1);
        char want[128];
        snprintf(
            want, sizeof want, "%s|%s", search_move_name(row.decision.move), search_origin_name(row.decision.origin));
        CHECK_TEXT(asked(s, sql), want);
    }
    store_rollback(s);
    store_close(s);
    sample_remove(dir);
}

/* ---- views, as somebody's own SQLite sees them ---- */

static void save_for_views(struct store *s)
{
    struct campaign_spec other = sample_spec("digits-2"), clash = sample_spec("digits_2");
    struct campaign_row campaigns[] = { sample_campaign(2, &other), sample_campaign(3, &clash) };
    struct decision_row start = sample_decision(1, 1, 1), promote = sample_decision(3, 1, 1);
    struct result_row result = sample_result(2, 1, 0), failed = sample_result(4, 2, 0);
    struct attempt_row attempt = sample_attempt(1, 1);
    struct worker_row worker = sample_worker(2);
    struct event_row event = sample_event(2, EVENT_COUNTED, 1, 1);
    struct trial_row best = sample_trial(1, 1, 1), top = sample_trial(3, 1, 3);
    promote.decision.move = SEARCH_PROMOTE;
    promote.decision.origin = SEARCH_QUOTA;
    promote.decision.rung = 1;
    promote.decision.budget = 6;
    start.decision.bracket = promote.decision.bracket = 0;
    failed.failure = FAILURE_DIVERGED;
    failed.value = NAN;
    failed.n_curve = 0;
    best.reached = 2;
    best.value = 0.1;
    top.reached = 50;
    top.value = 0.5;
    OK(store_begin(s, &e));
    OK(store_save_campaign(s, &campaigns[0], &e));
    OK(store_save_campaign(s, &campaigns[1], &e));
    OK(store_save_worker(s, &worker, &e));
    OK(store_save_decision(s, &start, &e));
    OK(store_save_result(s, &result, &e));
    OK(store_save_decision(s, &promote, &e));
    OK(store_save_result(s, &failed, &e));
    OK(store_save_attempt(s, &attempt, &e));
    OK(store_save_event(s, &event, &e));
    OK(store_save_trial(s, &best, &e));
    OK(store_commit(s, &e));
    sqlite3 *db;
    CHECK_INT(sqlite3_open(s->path, &db), SQLITE_OK);
    CHECK_TEXT(asked_db(db, "SELECT campaign, trial, value, budget, basis FROM best_trial"),
        "digits|3|0.2|6|highest rung so far");
    sqlite3_close(db);
    OK(store_begin(s, &e));
    OK(store_save_trial(s, &top, &e));
    OK(store_commit(s, &e));
    campaign_spec_deinit(&other);
    campaign_spec_deinit(&clash);
}

/* clang-format off */
static const struct { const char *sql, *want; } views[] = {
    { "SELECT campaign, trial, value, budget, basis, metrics FROM best_trial", "digits|3|0.5|50|max_budget|{}" },
    { "SELECT place, trial, budget FROM ranking", "1|3|50 2|2|6 3|1|2" },
    { "SELECT campaign, state, goal, trials, created, ended, ran_seconds FROM campaigns WHERE campaign = 'digits'",
      "digits|running|minimize|3|2026-01-01 00:00:00|-|61.0" },
    { "SELECT trial, state, budget, json_extract(config, '$.kind') FROM trials",
      "1|paused|2|linear 2|paused|6|1 3|paused|50|2.5" },
    { "SELECT trial, state, budget, value, hidden, kind, heads FROM trials_digits",
      "1|paused|2|0.1|9|linear|- 2|paused|6|0.25|10|1|- 3|paused|50|0.5|11|2.5|-" },
    { "SELECT count(*) FROM trials_digits_2", "0" },
    { "SELECT count(*) FROM trials_digits_2_3", "0" },
    { "SELECT trial, step, metric, value FROM curves WHERE step = 2", "1|2|validation_accuracy|0.9 1|2|validation_loss|0.1" },
    { "SELECT trial, rung, value, failure, counted, worker FROM results", "1|0|0.1|-|1|ada/1 2|0|-|diverged|1|ada/1" },
    { "SELECT bracket, rung, budget, entered, reached, failed, promoted, best FROM brackets", "0|0|2|1|1|0|1|0.1 0|1|6|1|0|0|0|-" },
    { "SELECT trial, lease, worker, host, granted, outcome FROM attempts", "1|1|ada/1|ada.example.org|2026-01-01 00:01:00|exit" },
    { "SELECT seq, trial, move, origin, budget FROM decisions", "1|1|start|model|2 3|1|promote|quota|6" },
    { "SELECT seq, time, campaign, trial, kind, worker FROM events", "2|2026-01-01 00:01:00|digits|1|counted|ada/1" },
    { "SELECT worker, host, state FROM workers", "ada/1|ada.example.org|here" },
};
/* clang-format on */

TEST(the_views_answer_any_sqlite_while_the_writer_is_there)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    save_for_views(s);
    sqlite3 *db;
    CHECK_INT(sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        CHECK_TEXT(asked_db(db, views[i].sql), views[i].want);
    sqlite3_close(db);
    store_close(s);
    sample_remove(dir);
}

TAP_MAIN
