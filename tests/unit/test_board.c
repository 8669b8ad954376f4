/* The keys of the live screen. */
#include <string.h>

#include "coordinator/live/board.h"
#include "coordinator/live/key.h"
#include "coordinator/live/status.h"
#include "tests/tap.h"

static const char three[] =
    "{\"schema\":\"rung.status/1\",\"campaigns\":[{\"name\":\"a\",\"state\":\"running\",\"goal\":\"minimize\"}],"
    "\"running\":[{\"campaign\":\"a\",\"trial\":5,\"value\":0.5,\"budget_from\":0,\"budget_to\":4,\"step\":1},"
    "{\"campaign\":\"a\",\"trial\":3,\"value\":null,\"budget_from\":0,\"budget_to\":4,\"step\":4},"
    "{\"campaign\":\"b\",\"trial\":1},"
    "{\"campaign\":\"a\",\"trial\":9,\"value\":0.25,\"budget_from\":0,\"budget_to\":4,\"step\":2}]}";

static void note(struct board *b)
{
    struct status s;
    CHECK_INT(status_read(&s, three, NULL), 0);
    board_note(b, s.root, status_campaign(&s, "a"));
    status_deinit(&s);
}

TEST(bytes_from_a_terminal_become_keys)
{
    static const char bytes[] = "s\033[A\033OB\033[1;5C\rq\033";
    static const int keys[] = { 's', KEY_UP, KEY_DOWN, KEY_NONE, KEY_ENTER, 'q', KEY_ESCAPE };
    size_t at = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK_INT(key_parse(bytes, sizeof bytes - 1, &at), keys[i]);
    CHECK_INT(at, sizeof bytes - 1);
}

TEST(s_orders_the_running_trials_by_number_value_and_progress)
{
    static const int64_t orders[][3] = { { 3, 5, 9 }, { 9, 5, 3 }, { 3, 9, 5 }, { 3, 5, 9 } };
    struct board b = { 0 };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++, board_press(&b, 's')) {
        note(&b);
        CHECK_INT(b.n_numbers, 3);
        for (int k = 0; k < 3; k++)
            CHECK_INT(b.numbers[k], orders[i][k]);
    }
}

TEST(arrows_choose_and_enter_looks_into_a_trial)
{
    struct board b = { 0 };
    note(&b);
    board_press(&b, KEY_DOWN);
    CHECK_INT(b.chosen, 3);
    board_press(&b, KEY_DOWN);
    board_press(&b, KEY_DOWN);
    board_press(&b, KEY_DOWN);
    CHECK_INT(b.chosen, 9);
    board_press(&b, KEY_UP);
    CHECK_INT(board_press(&b, KEY_ENTER), BOARD_NOTHING);
    CHECK_INT(b.mode, BOARD_TRIAL);
    CHECK_INT(b.chosen, 5);
    board_press(&b, KEY_ESCAPE);
    CHECK_INT(b.mode, BOARD_ALL);
}

TEST(a_pause_is_asked_for_and_only_y_is_yes)
{
    struct board b = { 0 };
    note(&b);
    CHECK_INT(board_press(&b, 'p'), BOARD_NOTHING);
    CHECK_CONTAINS(board_foot(&b), "y/n");
    CHECK_INT(board_press(&b, KEY_ENTER), BOARD_NOTHING);
    CHECK_INT(b.mode, BOARD_ALL);
    board_press(&b, 'p');
    CHECK_INT(board_press(&b, 'y'), BOARD_PAUSE);
    b.is_paused = true;
    board_press(&b, 'p');
    CHECK_INT(board_press(&b, 'y'), BOARD_RESUME);
}

TEST(q_leaves_at_once_unless_that_ends_a_run)
{
    struct board b = { 0 };
    CHECK_INT(board_press(&b, 'q'), BOARD_LEAVE);
    b.is_leaving_asks = true;
    CHECK_INT(board_press(&b, 'q'), BOARD_NOTHING);
    CHECK_INT(board_press(&b, 'n'), BOARD_NOTHING);
    board_press(&b, 'q');
    CHECK_INT(board_press(&b, 'y'), BOARD_LEAVE);
}

TAP_MAIN
