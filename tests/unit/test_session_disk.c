/* What the agent decides when its disk is full or changes what was written. */
#include "tests/unit/worker_world.h"

static void say_room(bool is_full)
{
    world_step((struct session_event){ .kind = SESSION_ROOM, .is_failed = is_full, .reason = "the disk is full" });
}

TEST(on_a_full_disk_nothing_is_asked_for_until_there_is_room)
{
    world_join(2);
    say_room(true);
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 0);
    say_room(false);
    CHECK_INT(world.last[MESSAGE_ASK].as.ask.free, 2);
}

TEST(a_grant_that_comes_to_a_full_disk_is_handed_back)
{
    world_join(1);
    say_room(true);
    world_grant(1, 1);
    CHECK_INT(world.n[EFFECT_START], 0);
    CHECK_TEXT(world.outcome.as.fail.kind, "preempted");
    CHECK_CONTAINS(world.outcome.as.fail.reason, "full");
}

TEST(a_trial_that_fails_on_a_full_disk_is_nobodys_fault)
{
    world_join(1);
    world_grant(1, 1);
    say_room(true);
    say_room(false);
    world_exit(0, EXIT_STATUS, 1, "it says nothing");
    CHECK_TEXT(world.outcome.as.fail.kind, "lost");
}

TEST(a_trial_whose_last_words_are_of_a_full_disk_is_nobodys_fault_either)
{
    world_join(1);
    world_grant(1, 1);
    world_exit(0, EXIT_STATUS, 1, "OSError: [Errno 28] No space left on device");
    CHECK_TEXT(world.outcome.as.fail.kind, "lost");
}

TEST(a_checkpoint_that_a_full_disk_refuses_is_saved_once_there_is_room)
{
    world_join(1);
    world_grant(1, 1);
    for (int step = 1; step <= 3; step++)
        world_report(0, step);
    world_checkpoint(0, 3);
    say_room(true);
    world.save_fails = true;
    world_line(0, "{\"done\":true}");
    world_exit(0, EXIT_STATUS, 0, "");
    world_wait_heard(3000);
    CHECK_INT(world.n[EFFECT_SPOOL], 0);
    world.save_fails = false;
    say_room(false);
    world_wait_heard(2000);
    CHECK_INT(world.n[EFFECT_SPOOL], 1);
    CHECK_TEXT(world.outcome.as.result.checkpoint, WORLD_HASH);
}

TEST(an_outcome_whose_record_is_damaged_is_held_no_more)
{
    world_join(1);
    world_grant(1, 1);
    world_exit(0, EXIT_STATUS, 1, "");
    CHECK_INT(world.n[EFFECT_DELIVER] > 0, 1);
    world_step((struct session_event){ .kind = SESSION_DAMAGED, .key = { .trial = 1, .lease = 1 } });
    CHECK_INT(world.n[EFFECT_FORGET], 1);
    world_wait_heard(2000);
    CHECK_INT(world.last[MESSAGE_BEAT].as.beat.n_held, 0);
}

TAP_MAIN
