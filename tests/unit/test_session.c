/* test_session.c: the agent's core against a coordinator in memory. */
#include "tests/unit/worker_world.h"

/* ---- joining ---- */

TEST(hello_is_repeated_with_growing_pauses_until_it_is_answered)
{
    world_open(2);
    world_step((struct session_event){ .kind = SESSION_TICK });
    CHECK_TEXT(world_take_trace(), "hello");
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.slots, 2);
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.worker, 11);
    world_wait(3000);
    int early = world.n_sent[MESSAGE_HELLO];
    world_wait(60000);
    int late = world.n_sent[MESSAGE_HELLO] - early;
    CHECK(early >= 4);
    CHECK(late >= 4);
    CHECK(late <= 16); /* one each 4 to 12 seconds */
    CHECK(world.n[EFFECT_RECONNECT] > 0);
    world_welcome(1);
    world_take_trace();
    world_wait_heard(2000);
    CHECK_INT(world.n_sent[MESSAGE_HELLO], early + late);
    CHECK_INT(world.n_sent[MESSAGE_BEAT], 2);
}

TEST(an_ask_follows_welcome_and_is_repeated_slowly)
{
    world_open(3);
    world_step((struct session_event){ .kind = SESSION_TICK });
    world_welcome(1);
    CHECK_TEXT(world_take_trace(), "hello ask");
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 3);
    world_wait_heard(2 * SESSION_ASK_MS);
    CHECK_INT(world.n_sent[MESSAGE_ASK], 3);
    world_grant(1, 1);
    world_wait_heard(500);
    CHECK_INT(world.n_sent[MESSAGE_ASK], 3); /* the coordinator knows that one of the three is taken */
}

TEST(a_trial_may_take_several_slots)
{
    world_join(4);
    struct message grant = world_grant_message(1, 1);
    grant.as.grant.cores = 2;
    grant.as.grant.slots = 3; /* its memory asks for one more */
    world_say(grant);
    int asked = world.n_sent[MESSAGE_ASK];
    world_wait_heard(SESSION_ASK_MS);
    CHECK(world.n_sent[MESSAGE_ASK] > asked);
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 1);
    world_grant(2, 2);
    asked = world.n_sent[MESSAGE_ASK];
    world_wait_heard(2 * SESSION_ASK_MS);
    CHECK_INT(world.n_sent[MESSAGE_ASK], asked); /* all four are taken */
}

TEST(a_beat_tells_the_load_of_the_machine)
{
    world_join(1);
    world.now_ms += 1000;
    world_step((struct session_event){ .kind = SESSION_TICK, .load = 2.345 });
    CHECK_INT(world.last[MESSAGE_BEAT].as.beat.load, 234);
}

TEST(who_another_boot_and_silence_bring_a_hello_with_what_is_held)
{
    world_join(2);
    world_grant(5, 9);
    world_say((struct message){ .type = MESSAGE_WHO, .as.who = { .boot = 2 } });
    CHECK_INT(world.n_sent[MESSAGE_HELLO], 2);
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.n_held, 1);
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.held[0].trial, 5);
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.held[0].lease, 9);
    world_welcome(2);
    world_say((struct message){ .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = 3 } });
    CHECK_INT(world.n_sent[MESSAGE_HELLO], 3);
    world_welcome(3);
    int reconnects = world.n[EFFECT_RECONNECT];
    world_wait(3200);
    CHECK(world.n[EFFECT_RECONNECT] == reconnects + 1);
    CHECK(world.n_sent[MESSAGE_HELLO] >= 4);
}

TEST(a_new_connection_brings_a_hello_at_once)
{
    world_join(1);
    world_take_trace();
    world_step((struct session_event){ .kind = SESSION_CONNECTED });
    CHECK_TEXT(world_take_trace(), "hello");
    world_welcome(2);
    CHECK_TEXT(world_take_trace(), "ask");
}

TEST(connections_to_one_that_says_nothing_do_not_shorten_the_pauses)
{
    world_open(1);
    world_wait(60000);
    int before = world.n_sent[MESSAGE_HELLO];
    world_step((struct session_event){ .kind = SESSION_CONNECTED });
    world_wait(60000);
    CHECK(world.n_sent[MESSAGE_HELLO] - before <= 17); /* one more than without */
}

TEST(a_refusal_of_hello_is_logged_and_tried_again_slowly)
{
    world_open(1);
    world_step((struct session_event){ .kind = SESSION_TICK });
    world_say((struct message){
        .type = MESSAGE_ERROR, .as.error = { .code = "refused", .text = "this coordinator speaks protocol 2" } });
    world_wait(SESSION_HELLO_MAX_MS - 200);
    CHECK_INT(world.n_sent[MESSAGE_HELLO], 1);
    world_wait(400);
    CHECK_INT(world.n_sent[MESSAGE_HELLO], 2);
}

/* ---- grants ---- */

TEST(a_grant_starts_once_however_often_it_comes)
{
    world_join(2);
    world_grant(1, 1);
    world_grant(1, 1);
    CHECK_TEXT(world_take_trace(), "start");
    CHECK_CONTAINS(world.text, "{\"config\":{\"x\":1},\"budget_from\":0,\"budget_to\":3,");
    CHECK_CONTAINS(world.text, "\"checkpoint_in\":null,\"checkpoint_out\":\"/attempts/1/checkpoint-1\"");
    world_finish(0);
    world_grant(1, 1); /* in the spool */
    world_acknowledge(1, 1, "counted");
    world_grant(1, 1); /* over */
    CHECK_INT(world.n[EFFECT_START], 1);
    CHECK_INT(world.n[EFFECT_SPOOL], 1);
}

TEST(grants_that_cannot_be_run_are_handed_back)
{
    static const struct {
        const char *what, *kind, *reason;
    } rows[] = {
        { "command", "refused", "start it with --allow-commands" },
        { "full", "preempted", "no free slot" },
        { "leaving", "preempted", "is leaving" },
        { "fetch", "lost", "the checkpoint could not be had: gone" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_open_with((struct session_config){ .slots = 1, .commands = i > 0 ? "*" : NULL });
        world_step((struct session_event){ .kind = SESSION_TICK });
        world_welcome(1);
        struct message grant = world_grant_message(2, 1);
        if (i == 1)
            world_grant(1, 1);
        if (i == 2) {
            world_grant(1, 1); /* so that it does not leave at once */
            world_step((struct session_event){ .kind = SESSION_DRAIN });
        }
        if (i == 3)
            grant.as.grant.checkpoint = WORLD_HASH;
        world_say(grant);
        if (i == 3)
            world_step((struct session_event){ .kind = SESSION_FETCHED, .attempt = 1, .reason = "gone" });
        CHECK_INT(world.outcome.type, MESSAGE_FAIL);
        CHECK_INT(world.outcome.as.fail.trial, 2);
        CHECK_TEXT(world.outcome.as.fail.kind, rows[i].kind);
        CHECK_CONTAINS(world.outcome.as.fail.reason, rows[i].reason);
    }
}

TEST(a_checkpoint_is_fetched_before_the_start)
{
    world_join(1);
    struct message grant = world_grant_message(1, 1);
    grant.as.grant.checkpoint = WORLD_HASH;
    grant.as.grant.budget_from = 1;
    world_say(grant);
    CHECK_TEXT(world_take_trace(), "fetch");
    world_step((struct session_event){ .kind = SESSION_FETCHED, .attempt = 1, .text = "/cache/blob" });
    CHECK_TEXT(world_take_trace(), "start");
    CHECK_CONTAINS(world.text, "\"checkpoint_in\":\"/cache/blob\"");
    world_report(0, 2);
    world_report(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
    CHECK_INT(world.outcome.as.result.n_curve, 2);
}

TEST(a_newer_lease_of_what_runs_is_taken_over_without_a_restart)
{
    world_join(2);
    world_grant(1, 1);
    world_grant(1, 4);
    world_finish(0);
    CHECK_INT(world.n[EFFECT_START], 1);
    CHECK_INT(world.outcome.as.result.lease, 4);
}

/* ---- outcomes ---- */

TEST(a_result_is_on_disk_before_it_is_sent_and_repeated_until_acknowledged)
{
    world_join(1);
    world.spool_is_slow = true;
    world_grant(1, 1);
    world_finish(0);
    CHECK_CONTAINS(world_take_trace(), "spool clear");
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_DELIVER], 0);
    CHECK_INT(world.n_sent[MESSAGE_ASK], 1);
    world_take_trace();
    world_step((struct session_event){ .kind = SESSION_SPOOLED, .key = world.spooled });
    CHECK_TEXT(world_take_trace(), "deliver ask"); /* in this order: the search wants to know before it proposes */
    world_wait_heard(10000);
    int n = world.n[EFFECT_DELIVER];
    CHECK(n >= 3);
    CHECK(n <= 8);
    world_acknowledge(1, 1, "counted");
    world_wait_heard(60000);
    CHECK_INT(world.n[EFFECT_DELIVER], n);
    CHECK_INT(world.n[EFFECT_FORGET], 1);
}

TEST(a_result_says_what_was_measured)
{
    world_join(1);
    world_grant(7, 2);
    world_report(0, 1);
    world_line(0, "{\"kernel\":\"avx512\"}");
    world_report(0, 2);
    world_line(0, "{\"kernel\":\"avx512 · openblas Zen\"}"); /* the last word counts */
    world_report(0, 3);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    const struct message_result *r = &world.outcome.as.result;
    CHECK_INT(world.outcome.type, MESSAGE_RESULT);
    CHECK_INT(r->trial, 7);
    CHECK_INT(r->lease, 2);
    CHECK_INT(r->worker, 11);
    CHECK_INT(r->session, 22);
    CHECK_INT(r->budget, 3);
    CHECK_INT(r->n_curve, 3);
    CHECK_TEXT(r->curve[2].metrics, "{\"loss\":0.5}");
    CHECK_TEXT(r->checkpoint, WORLD_HASH);
    CHECK_INT(r->checkpoint_bytes, 10);
    CHECK_NEAR(r->seconds, 1.5, 0);
    CHECK_TEXT(r->log_tail, "log");
    CHECK_TEXT(r->kernel, "avx512 · openblas Zen");
    CHECK_CONTAINS(world_take_trace(), "save spool clear upload deliver");
}

TEST(a_checkpoint_of_an_earlier_step_is_not_that_of_the_result)
{
    world_join(1);
    world_grant(1, 1);
    world_report(0, 1);
    world_checkpoint(0, 1);
    world_report(0, 2);
    world_report(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_INT(world.n[EFFECT_SAVE], 0);
    CHECK(!world.outcome.as.result.checkpoint);
}

TEST(a_full_disk_holds_the_outcome_and_the_next_ask_until_it_can_be_written)
{
    world_join(1);
    world.spool_fails = true;
    world_grant(1, 1);
    world_finish(0);
    world_wait_heard(3000);
    CHECK(world.n[EFFECT_SPOOL] >= 3);
    CHECK_INT(world.n[EFFECT_DELIVER], 0);
    world.spool_fails = false;
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_DELIVER] > 0, 1);
    CHECK_INT(world.last[MESSAGE_BEAT].as.beat.n_held, 1);
}

TEST(send_blob_uploads_the_checkpoint_again_and_then_sends_again)
{
    world_join(1);
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    world_take_trace();
    world_acknowledge(1, 1, "send_blob");
    CHECK_TEXT(world_take_trace(), "upload deliver");
    world_acknowledge(1, 1, "send_blob"); /* again: no storm */
    CHECK_TEXT(world_take_trace(), "");
    world_wait_heard(4000);
    CHECK_CONTAINS(world_take_trace(), "upload deliver");
    CHECK_INT(world.n[EFFECT_FORGET], 0);
}

TEST(a_checkpoint_that_is_lost_here_is_left_out_rather_than_the_result)
{
    world_join(1);
    world.blob_is_missing = true;
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
    world_take_trace();
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_CONTAINS(world_take_trace(), "upload strip deliver");
}

TEST(a_lost_checkpoint_that_a_full_disk_does_not_let_go_is_left_out_when_there_is_room)
{
    world_join(1);
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    world.blob_is_missing = world.spool_fails = true;
    world_acknowledge(1, 1, "send_blob");
    world_wait_heard(3000);
    int n_delivered = world.n[EFFECT_DELIVER];
    CHECK(world.n[EFFECT_STRIP] >= 1);
    world_wait_heard(3000);
    CHECK_INT(world.n[EFFECT_DELIVER], n_delivered);
    world.spool_fails = false;
    world_wait_heard(9000);
    CHECK(world.n[EFFECT_DELIVER] > n_delivered);
}

TEST(what_was_in_the_spool_at_the_start_is_held_and_delivered)
{
    world_open(1);
    struct outcome_key key = { .trial = 4, .lease = 6, .rung = 2 };
    world_step((struct session_event){ .kind = SESSION_RECOVERED, .key = key, .hash = "" });
    world_step((struct session_event){ .kind = SESSION_TICK });
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.n_held, 1);
    CHECK_INT(world.last[MESSAGE_HELLO].as.hello.held[0].lease, 6);
    CHECK_INT(world.n[EFFECT_DELIVER], 0);
    world_welcome(1);
    CHECK_INT(world.n[EFFECT_DELIVER], 1);
}

TEST(trials_go_on_while_nobody_is_there_and_their_outcomes_wait)
{
    world_join(1);
    world_grant(1, 1);
    world_wait(10000);
    world_finish(0);
    world_wait(600000);
    CHECK_INT(world.n[EFFECT_SPOOL], 1);
    CHECK_INT(world.n[EFFECT_DELIVER], 0);
    CHECK_INT(world.n_sent[MESSAGE_PROGRESS], 0);
    world_take_trace();
    world_welcome(2);
    CHECK_CONTAINS(world_take_trace(), "deliver ask");
}

TEST(after_an_hour_without_a_word_what_runs_is_handed_back)
{
    world_join(1);
    world_grant(1, 1);
    world_wait(SESSION_ORPHAN_MS - 10000);
    CHECK_INT(world.n[EFFECT_TELL], 0);
    world_wait(20000);
    CHECK_INT(world.n[EFFECT_TELL], 1);
    CHECK_TEXT(world.text, "{\"stop\":true}\n");
    world_report(0, 1);
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    CHECK_TEXT(world.outcome.as.fail.kind, "preempted");
    CHECK_CONTAINS(world.outcome.as.fail.reason, "out of reach");
}

TEST(progress_is_told_a_few_times_a_second_and_the_last_one_is_not_lost)
{
    world_join(1);
    struct message grant = world_grant_message(1, 1);
    grant.as.grant.budget_to = 1000;
    world_say(grant);
    for (int step = 1; step <= 500; step++)
        world_report(0, step);
    CHECK_INT(world.n_sent[MESSAGE_PROGRESS], 1);
    world_wait(1000);
    CHECK_INT(world.n_sent[MESSAGE_PROGRESS], 2);
    CHECK_INT(world.last[MESSAGE_PROGRESS].as.progress.step, 500);
}

TAP_MAIN
