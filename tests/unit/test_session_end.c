/* test_session_end.c: how attempts end: each kind of failure, limits, stopping, leaving, and trials that stay for more.
 */
#include "tests/unit/worker_world.h"

static const struct message_fail *fail_of(void)
{
    if (world.outcome.type != MESSAGE_FAIL)
        TAP_FAIL("no FAIL was spooled");
    return &world.outcome.as.fail;
}

/* ---- kinds of failure ---- */

TEST(a_line_that_breaks_the_contract_is_the_reason_of_a_failure)
{
    static const struct {
        const char *before, *line, *reason;
    } rows[] = {
        { NULL, "hello", "not JSON" },
        { NULL, "{\"step\":1,\"metrics\":{\"loss\":NaN}}", "a number is not finite: say {\"diverged\"" },
        { NULL, "{\"step\":1,\"metrics\":{\"loss\":1e999}}", "`{\"step\":1,\"metrics\":{\"loss\":1e999}}`" },
        { NULL, "{\"step\":1,\"metrics\":{\"loss\":\"low\"}}",
            "the metric \"loss\" must be a finite number, not a text" },
        { NULL, "{\"step\":1.5,\"metrics\":{}}", "step" },
        { NULL, "{\"step\":4,\"metrics\":{}}", "step 4, beyond its budget of 3" },
        { "{\"step\":2,\"metrics\":{}}", "{\"step\":2,\"metrics\":{}}", "step 2 after step 2: steps must grow" },
        { NULL, "{\"step\":0,\"metrics\":{}}", "step 0 after step 0" },
        { NULL, "[1]", "expected an object" },
        { NULL, "{\"stage\":1}", "none of metrics, checkpoint, done, diverged, continues" },
        { NULL, "{\"checkpoint\":\"/etc/passwd\",\"step\":1}", "not to checkpoint_out" },
        { NULL, "{\"done\":false}", "\"done\" must be true" },
        { NULL, "{\"kernel\":7}", "kernel" },
        { NULL, "{\"kernel\":\"1234567890123456789012345678901234567890123456789012345678901234+\"}",
            "at most 64 bytes" },
        { "{\"step\":1,\"metrics\":{}}", "{\"continues\":true}", "first of all lines" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_join(1);
        world_grant(1, 1);
        if (rows[i].before)
            world_line(0, rows[i].before);
        world_line(0, rows[i].line);
        CHECK_INT(world.n[EFFECT_KILL], 1);
        world_line(0, "{\"done\":true}"); /* was on its way already */
        world_exit(0, EXIT_SIGNAL, 9, "killed");
        CHECK_TEXT(fail_of()->kind, "exit");
        CHECK_CONTAINS(fail_of()->reason, rows[i].reason);
    }
}

TEST(a_failure_says_with_which_arithmetic)
{
    world_join(1);
    world_grant(1, 1);
    world_line(0, "{\"kernel\":\"avx2\"}");
    world_line(0, "{\"diverged\":\"the loss is not finite\"}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_TEXT(fail_of()->kind, "diverged");
    CHECK_TEXT(fail_of()->kernel, "avx2");
}

TEST(each_end_of_a_process_has_its_kind)
{
    static const struct {
        const char *lines; /* separated by | */
        enum exit_how how;
        int status;
        const char *stderr_lines, *kind, *reason;
    } rows[] = {
        { "", EXIT_STATUS, 1, "a\nb", "exit", "exit status 1:\na\nb" },
        { "", EXIT_STATUS, 0, "", "exit", "the trial ended without saying \"done\"" },
        { "", EXIT_STATUS, 75, "busy", "preempted", "the trial asked to be retried elsewhere (exit status 75): busy" },
        { "", EXIT_STATUS, 78, "warning: x\nheads must divide the size", "refused", "heads must divide the size" },
        { "", EXIT_STATUS, 78, "", "refused", "the trial refused its configuration (exit status 78)" },
        { "", EXIT_SIGNAL, 11, "", "exit", "killed by signal 11 (Segmentation fault)" },
        { "", EXIT_SIGNAL, 15, "", "preempted", "killed by signal 15 (Terminated)" },
        { "", EXIT_NOT_STARTED, 0, "no such program", "refused", "no such program" },
        { "", EXIT_MEMORY, 0, "", "out_of_memory", "killed for its memory" },
        { "", EXIT_LOST, 0, "", "lost", "the process that supervises the trial died" },
        { "{\"diverged\":\"loss is inf\"}", EXIT_STATUS, 0, "", "diverged", "loss is inf" },
        { "{\"diverged\":\"loss is inf\"}", EXIT_STATUS, 1, "trace", "diverged", "loss is inf" },
        { "{\"done\":true}", EXIT_STATUS, 0, "", "exit", "said \"done\" at step 0 of 3" },
        { "{\"step\":2,\"metrics\":{\"loss\":1}}|{\"done\":true}", EXIT_STATUS, 0, "", "exit", "at step 2 of 3" },
        { "{\"step\":3,\"metrics\":{\"accuracy\":1}}|{\"done\":true}", EXIT_STATUS, 0, "", "exit",
            "the last report lacks \"loss\", the objective's metric" },
        { "{\"step\":3,\"metrics\":{\"loss\":1}}|{\"done\":true}", EXIT_STATUS, 9, "late", "exit",
            "exit status 9: late" },
        { "{\"step\":3,\"metrics\":{\"loss\":1}}|{\"done\":true}", EXIT_SIGNAL, 6, "", "exit", "signal 6" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char lines[256], *rest = lines;
        world_join(1);
        world_grant(1, 1);
        snprintf(lines, sizeof lines, "%s", rows[i].lines);
        for (char *line; (line = strsep(&rest, "|"));)
            if (*line)
                world_line(0, line);
        world_exit(0, rows[i].how, rows[i].status, rows[i].stderr_lines);
        CHECK_TEXT(fail_of()->kind, rows[i].kind);
        CHECK_CONTAINS(fail_of()->reason, rows[i].reason);
        CHECK_INT(fail_of()->budget, 0);
        CHECK(!fail_of()->checkpoint);
    }
}

TEST(timeouts_kill_and_say_which)
{
    static const struct {
        int64_t trial_ms, progress_ms;
        bool reports;
        const char *kind, *reason;
    } rows[] = {
        { 5000, 0, true, "trial_timeout", "not done after 5 s" },
        { 0, 2000, false, "progress_timeout", "nothing was reported for 2 s" },
        { 5000, 2000, true, "trial_timeout", "not done after 5 s" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_join(1);
        struct message grant = world_grant_message(1, 1);
        grant.as.grant.budget_to = 1000;
        grant.as.grant.trial_timeout_ms = rows[i].trial_ms;
        grant.as.grant.progress_timeout_ms = rows[i].progress_ms;
        world_say(grant);
        world_step((struct session_event){ .kind = SESSION_STARTED });
        for (int step = 1; step <= 20 && world.n[EFFECT_KILL] == 0; step++) {
            if (rows[i].reports)
                world_report(0, step);
            world_wait_heard(500);
        }
        CHECK_INT(world.n[EFFECT_KILL], 1);
        world_exit(0, EXIT_SIGNAL, 9, "");
        CHECK_TEXT(fail_of()->kind, rows[i].kind);
        CHECK_TEXT(fail_of()->reason, rows[i].reason);
    }
}

TEST(a_stuck_trial_is_handed_back_with_its_checkpoint_and_the_curve_up_to_it)
{
    world_join(1);
    struct message grant = world_grant_message(1, 1);
    grant.as.grant.progress_timeout_ms = 1000;
    world_say(grant);
    world_report(0, 1);
    world_checkpoint(0, 1);
    world_report(0, 2);
    world_wait_heard(2000);
    world_exit(0, EXIT_SIGNAL, 9, "");
    CHECK_TEXT(fail_of()->kind, "progress_timeout");
    CHECK_INT(fail_of()->budget, 1);
    CHECK_INT(fail_of()->n_curve, 1);
    CHECK_TEXT(fail_of()->checkpoint, WORLD_HASH);
}

TEST(a_checkpoint_that_cannot_be_saved_is_left_out)
{
    world_join(1);
    world.save_fails = true;
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
    CHECK(!world.outcome.as.result.checkpoint);
}

TEST(a_process_that_does_not_leave_after_done_is_killed_and_its_result_counts)
{
    world_join(1);
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_line(0, "{\"done\":true}");
    CHECK_INT(world.n[EFFECT_END_INPUT], 1);
    world_wait_heard(SESSION_LINGER_MS - 1000);
    CHECK_INT(world.n[EFFECT_KILL], 0);
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_KILL], 1);
    world_exit(0, EXIT_SIGNAL, 9, "");
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
}

TEST(a_long_reason_is_cut_and_still_text)
{
    char *reason = mem_zalloc(1, 3 * LIMIT_REASON);
    for (int i = 0; i < LIMIT_REASON; i++)
        memcpy(reason + 2 * i, "\303\251", 2);
    world_join(1);
    world_grant(1, 1);
    world_exit(0, EXIT_STATUS, 1, reason);
    CHECK(strlen(fail_of()->reason) <= LIMIT_REASON);
    CHECK(strlen(fail_of()->reason) > LIMIT_REASON - 8);
    free(reason);
}

/* ---- stopping ---- */

static void cancel(uint64_t trial, uint64_t lease)
{
    struct record_lease_ref ref = { .trial = trial, .lease = lease };
    world_say(
        (struct message){ .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = 1, .cancel = &ref, .n_cancel = 1 } });
}

TEST(a_cancelled_trial_is_stopped_gently_and_then_killed)
{
    world_join(1);
    world_grant(1, 1);
    world_report(0, 1);
    cancel(1, 1);
    cancel(1, 1); /* repeated until we no longer hold it */
    CHECK_INT(world.n[EFFECT_TELL], 1);
    CHECK_TEXT(world.text, "{\"stop\":true}\n");
    world_wait_heard(SESSION_STOP_MS - 1000);
    CHECK_INT(world.n[EFFECT_KILL], 0);
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_KILL], 1);
    world_exit(0, EXIT_SIGNAL, 9, "");
    CHECK_TEXT(fail_of()->kind, "preempted");
    CHECK_TEXT(fail_of()->reason, "the coordinator cancelled it");
}

TEST(what_welcome_drops_is_stopped_and_another_lease_is_not)
{
    struct record_lease_ref drop[] = { { .trial = 1, .lease = 1 }, { .trial = 2, .lease = 99 } };
    world_join(2);
    world_grant(1, 1);
    world_grant(2, 1);
    world_say((struct message){ .type = MESSAGE_WELCOME,
        .as.welcome = {
            .protocol = 1, .boot = 1, .heartbeat_ms = 1000, .lease_ms = 30000, .drop = drop, .n_drop = 2 } });
    CHECK_INT(world.n[EFFECT_TELL], 1);
}

TEST(a_trial_that_reaches_its_rung_while_it_is_stopped_has_a_result)
{
    world_join(1);
    world_grant(1, 1);
    cancel(1, 1);
    world_finish(0);
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
}

TEST(a_stopped_trial_is_handed_back_with_its_checkpoint)
{
    world_join(1);
    world_grant(1, 1);
    world_report(0, 1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    world_report(0, 2);
    world_checkpoint(0, 2);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_TEXT(fail_of()->kind, "preempted");
    CHECK_INT(fail_of()->budget, 2);
    CHECK_INT(fail_of()->n_curve, 2);
    CHECK_TEXT(fail_of()->checkpoint, WORLD_HASH);
}

TEST(a_trial_that_is_handed_back_may_end_the_step_that_it_is_at)
{
    world_join(1);
    world_grant(1, 1);
    world_wait_heard(60000);
    world_report(0, 1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    world_wait_heard(60000);
    CHECK_INT(world.n[EFFECT_KILL], 0);
    world_report(0, 2);
    world_checkpoint(0, 2);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_TEXT(fail_of()->kind, "preempted");
    CHECK_INT(fail_of()->budget, 2);
}

TEST(a_trial_that_is_handed_back_and_reports_no_more_is_killed)
{
    world_join(1);
    world_grant(1, 1);
    world_wait_heard(60000);
    world_report(0, 1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    world_wait_heard(SESSION_STOP_STEPS * 61000);
    CHECK_INT(world.n[EFFECT_KILL], 1);
}

/* ---- leaving ---- */

TEST(draining_asks_for_nothing_delivers_and_says_goodbye)
{
    world_join(2);
    world_grant(1, 1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 0);
    int asks = world.n_sent[MESSAGE_ASK];
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.status, -1);
    world_acknowledge(1, 1, "counted");
    CHECK_INT(world.status, 0);
    CHECK_INT(world.n_sent[MESSAGE_BYE], 1);
    CHECK_INT(world.n_sent[MESSAGE_ASK], asks);
}

TEST(a_coordinator_may_ask_it_to_leave)
{
    world_join(1);
    world_grant(1, 1);
    world_report(0, 1);
    world_say((struct message){
        .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = 1, .leave = "ann@host asked it to leave" } });
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 0);
    world_checkpoint(0, 1);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_TEXT(fail_of()->kind, "preempted");
    world_acknowledge(1, 1, "counted");
    CHECK_INT(world.n_sent[MESSAGE_BYE], 1);
    CHECK_INT(world.status, 0);
}

TEST(what_cannot_be_delivered_when_leaving_stays_in_the_spool)
{
    world_join(1);
    world_grant(1, 1);
    world_finish(0);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    world_wait(SESSION_FAREWELL_MS - 1000);
    CHECK_INT(world.status, -1);
    world_wait(2000);
    CHECK_INT(world.status, 0);
    CHECK_INT(world.n[EFFECT_FORGET], 0);
}

TEST(an_idle_agent_leaves_at_once_and_a_second_signal_does_not_wait)
{
    world_join(1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    CHECK_INT(world.status, 0);
    world_join(1);
    world_grant(1, 1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    CHECK_INT(world.status, -1);
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    CHECK_INT(world.status, 130);
}

TEST(an_agent_without_work_leaves_when_it_was_told_to)
{
    world_open_with((struct session_config){ .slots = 1, .commands = "*", .idle_exit_ms = 5000 });
    world_step((struct session_event){ .kind = SESSION_TICK });
    world_welcome(1);
    world_wait_heard(4000);
    world_grant(1, 1);
    world_wait_heard(20000);
    CHECK_INT(world.status, -1);
    world_finish(0);
    world_acknowledge(1, 1, "counted");
    world_wait_heard(4000);
    CHECK_INT(world.status, -1);
    world_wait_heard(2000);
    CHECK_INT(world.status, 0);
}

/* ---- trials that stay for more ---- */

static void reach_first_rung(void)
{
    world_join(1);
    world_grant(1, 1);
    world_line(0, "{\"continues\":true}");
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
}

static struct message next_rung(const char *checkpoint)
{
    struct message grant = world_grant_message(1, 2);
    grant.as.grant.rung = 1;
    grant.as.grant.budget_from = 3;
    grant.as.grant.budget_to = 5;
    grant.as.grant.checkpoint = checkpoint;
    return grant;
}

TEST(a_trial_that_stays_goes_on_without_a_restart)
{
    reach_first_rung();
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
    CHECK_INT(world.n[EFFECT_END_INPUT], 0);
    CHECK_INT(world.n[EFFECT_CLEAR], 0);
    CHECK_INT(world.n_sent[MESSAGE_ASK], 2);
    world_say(next_rung(WORLD_HASH));
    CHECK_INT(world.n[EFFECT_START], 1);
    CHECK_TEXT(world.text, "{\"budget_to\":5,\"lease\":\"2\",\"checkpoint_out\":\"/attempts/1/checkpoint-2\"}\n");
    world_report(0, 4);
    world_report(0, 5);
    world_line(0, "{\"done\":true}");
    CHECK_INT(world.outcome.as.result.lease, 2);
    CHECK_INT(world.outcome.as.result.rung, 1);
    CHECK_INT(world.outcome.as.result.n_curve, 2);
    CHECK_INT(world.outcome.as.result.curve[0].step, 4);
}

TEST(a_trial_that_stays_makes_room_for_another)
{
    reach_first_rung();
    world_grant(2, 1);
    CHECK_INT(world.n[EFFECT_END_INPUT], 1);
    CHECK_INT(world.n[EFFECT_START], 1);
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.n[EFFECT_START], 2);
    CHECK_INT(world.n[EFFECT_CLEAR], 1);
}

TEST(a_trial_that_stays_is_begun_anew_when_another_result_was_counted)
{
    static const char other[] = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    reach_first_rung();
    world_say(next_rung(other));
    CHECK_INT(world.n[EFFECT_END_INPUT], 1);
    CHECK_INT(world.n[EFFECT_FETCH], 1);
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.n[EFFECT_START], 1);
    world_step((struct session_event){ .kind = SESSION_FETCHED, .attempt = 2, .text = "/cache/other" });
    CHECK_INT(world.n[EFFECT_START], 2);
}

TEST(a_trial_that_stays_for_nothing_is_let_go_and_killed_if_it_does_not_leave)
{
    reach_first_rung();
    world_acknowledge(1, 1, "counted");
    world_wait_heard(SESSION_WARM_MS - 1000);
    CHECK_INT(world.n[EFFECT_END_INPUT], 0);
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_END_INPUT], 1);
    world_wait_heard(SESSION_LINGER_MS + 1000);
    CHECK_INT(world.n[EFFECT_KILL], 1);
    world_exit(0, EXIT_SIGNAL, 9, "");
    CHECK_INT(world.n[EFFECT_CLEAR], 1);
    world_grant(3, 1);
    CHECK_INT(world.n[EFFECT_START], 2);
}

TEST(a_trial_that_stays_and_dies_frees_its_slot_without_a_word)
{
    reach_first_rung();
    int spooled = world.n[EFFECT_SPOOL];
    world_exit(0, EXIT_SIGNAL, 11, "");
    CHECK_INT(world.n[EFFECT_SPOOL], spooled);
    world_say(next_rung(WORLD_HASH));
    CHECK_INT(world.n[EFFECT_FETCH], 1);
}

TEST(draining_lets_go_of_what_stays)
{
    reach_first_rung();
    world_acknowledge(1, 1, "counted");
    world_step((struct session_event){ .kind = SESSION_DRAIN });
    CHECK_INT(world.n[EFFECT_END_INPUT], 1);
    CHECK_INT(world.status, -1);
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.status, 0);
}

TAP_MAIN
