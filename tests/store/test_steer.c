/* What people asked for comes back in order, and what it changes in other rows. */
#include "tests/store/checks.h"

static int n_taken;

static struct steer_row row_of(uint64_t seq, enum steer_action action)
{
    return (struct steer_row){ .seq = seq,
        .wall_ms = 1700000000000 + (int64_t)seq,
        .who = "anna@host",
        .request = UINT64_MAX - seq,
        .campaign = 1,
        .action = action,
        .text = "words" };
}

static int take_steer(void *context, const struct steer_row *row, struct err *e_)
{
    bool is_enqueue = row->action == STEER_ENQUEUE;
    CHECK_INT(row->seq, 30 + (uint64_t)n_taken);
    CHECK_INT(row->wall_ms, 1700000000000 + (int64_t)row->seq);
    CHECK_TEXT(row->who, "anna@host");
    CHECK(row->request == UINT64_MAX - row->seq);
    CHECK_INT(row->campaign, 1);
    CHECK_INT(row->n_x, is_enqueue ? 4 : 0);
    CHECK((row->x != NULL) == is_enqueue);
    if (is_enqueue)
        CHECK(memcmp(row->x, sample_x(3), 4 * sizeof(double)) == 0);
    CHECK_INT(row->n_trials, row->action == STEER_EXTEND ? 50 : 0);
    CHECK_INT(row->max_budget, row->action == STEER_EXTEND ? 150 : 0);
    CHECK_INT(row->trial, row->action == STEER_NOTE ? 2 : 0);
    CHECK_TEXT(row->text, "words");
    n_taken++;
    return 0;
}

TEST(what_people_asked_for_comes_back_bit_for_bit_and_can_be_read_by_anybody)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    struct steer_row extend = row_of(30, STEER_EXTEND), enqueue = row_of(31, STEER_ENQUEUE);
    struct steer_row note = row_of(32, STEER_NOTE);
    extend.n_trials = 50;
    extend.max_budget = 150;
    enqueue.x = sample_x(3);
    enqueue.n_x = 4;
    note.trial = 2;
    OK(store_begin(s, &e));
    OK(store_save_steer(s, &extend, &e));
    OK(store_save_steer(s, &enqueue, &e));
    OK(store_save_steer(s, &note, &e));
    OK(store_commit(s, &e));
    store_close(s);
    s = opened(dir, STORE_READ);
    n_taken = 0;
    OK(store_load_steers(s, &(struct steer_filter){ .campaign = 1 }, take_steer, NULL, &e));
    CHECK_INT(n_taken, 3);
    n_taken = 0;
    OK(store_load_steers(s, &(struct steer_filter){ .is_extend_only = true }, take_steer, NULL, &e));
    CHECK_INT(n_taken, 1);
    CHECK_TEXT(
        asked(s, "SELECT who || action || trials || max_budget FROM steering WHERE seq = 30"), "anna@hostextend50150");
    CHECK_TEXT(
        asked(s, "SELECT config FROM steering WHERE action = 'enqueue'"), "{\"hidden\":11,\"rate\":0.02,\"kind\":2.5}");
    CHECK_TEXT(asked(s, "SELECT note FROM notes WHERE trial = 2"), "words");
    store_close(s);
    sample_remove(dir);
}

TEST(a_retry_makes_room_for_another_result_to_be_counted)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct result_row failure = sample_result(11, 1, 0), second = sample_result(21, 1, 0);
    struct steer_row retry = row_of(20, STEER_RETRY);
    int64_t n_results, n_reached;
    failure.failure = FAILURE_EXIT;
    failure.value = NAN;
    retry.trial = 1;
    OK(store_begin(s, &e));
    OK(store_save_result(s, &failure, &e));
    OK(store_count_results(s, 1, &n_results, &n_reached, &e));
    CHECK_INT(n_results, 1);
    CHECK_INT(n_reached, 0);
    OK(store_save_steer(s, &retry, &e));
    OK(store_save_result(s, &second, &e));
    OK(store_commit(s, &e));
    CHECK_TEXT(asked(s, "SELECT verdict FROM result WHERE failure IS NOT NULL"), "retried");
    OK(store_count_results(s, 1, &n_results, &n_reached, &e));
    CHECK_INT(n_results, 1);
    CHECK_INT(n_reached, 1);
    store_close(s);
    sample_remove(dir);
}

TEST(a_campaign_that_is_extended_says_so_where_people_look)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    struct campaign_spec spec = sample_spec("digits");
    struct campaign_row row = sample_campaign(1, &spec);
    CHECK(campaign_spec_extend(&spec, 60, 150, 0));
    OK(store_begin(s, &e));
    OK(store_save_campaign(s, &row, &e));
    OK(store_commit(s, &e));
    CHECK_TEXT(asked(s, "SELECT max_budget FROM campaign WHERE name = 'digits'"), "150");
    store_close(s);
    campaign_spec_deinit(&spec);
    sample_remove(dir);
}

TAP_MAIN
