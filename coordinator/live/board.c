#include "coordinator/live/board.h"

#include "coordinator/live/key.h"
#include "coordinator/live/status.h"

void board_note(struct board *b, json_value status, json_value campaign)
{
    json_value trials[SCENE_TRIALS];
    b->n_numbers = scene_running(status, campaign, b->sort, trials, SCENE_TRIALS);
    for (int i = 0; i < b->n_numbers; i++)
        b->numbers[i] = status_int(trials[i], "trial");
    b->is_paused = str_equal(status_text(campaign, "state"), "paused");
}

const char *board_action(enum board_wish wish)
{
    return wish == BOARD_PAUSE ? "pause" : "resume";
}

/* The next of the running ones in this direction; the first when none is chosen that runs. */
static void choose(struct board *b, int direction)
{
    int at = -1;
    for (int i = 0; i < b->n_numbers; i++)
        if (b->numbers[i] == b->chosen)
            at = i;
    if (b->n_numbers == 0)
        return;
    int next = at < 0 ? 0 : at + direction;
    next = next < 0 ? 0 : next >= b->n_numbers ? b->n_numbers - 1 : next;
    b->chosen = b->numbers[next];
}

static enum board_wish answer(struct board *b, int key)
{
    enum board_mode asked = b->mode;
    b->mode = BOARD_ALL;
    if (key != 'y' && key != 'Y')
        return BOARD_NOTHING;
    return asked == BOARD_ASK_LEAVE ? BOARD_LEAVE : b->is_paused ? BOARD_RESUME : BOARD_PAUSE;
}

static enum board_wish press_at_all(struct board *b, int key)
{
    switch (key) {
    case 's':
        b->sort = (enum scene_sort)((b->sort + 1) % SCENE_N_SORTS);
        break;
    case 'k':
    case KEY_UP:
        choose(b, -1);
        break;
    case 'j':
    case KEY_DOWN:
        choose(b, 1);
        break;
    case KEY_ENTER:
        if (!b->chosen)
            choose(b, 1);
        b->mode = b->chosen ? BOARD_TRIAL : BOARD_ALL;
        break;
    case KEY_ESCAPE:
        b->chosen = 0;
        break;
    case 'p':
        b->mode = BOARD_ASK_PAUSE;
        break;
    case '?':
    case 'h':
        b->mode = BOARD_HELP;
        break;
    case 'q':
        if (!b->is_leaving_asks)
            return BOARD_LEAVE;
        b->mode = BOARD_ASK_LEAVE;
        break;
    }
    return BOARD_NOTHING;
}

enum board_wish board_press(struct board *b, int key)
{
    switch (b->mode) {
    case BOARD_ALL:
        return press_at_all(b, key);
    case BOARD_ASK_PAUSE:
    case BOARD_ASK_LEAVE:
        return answer(b, key);
    case BOARD_TRIAL:
        if (key == KEY_UP || key == KEY_DOWN) {
            choose(b, key == KEY_UP ? -1 : 1);
            return BOARD_NOTHING;
        }
        break;
    case BOARD_HELP:
        break;
    }
    b->mode = BOARD_ALL; /* any key closes the help, and q, Esc and Enter a trial */
    return BOARD_NOTHING;
}

const char *board_foot(const struct board *b)
{
    switch (b->mode) {
    case BOARD_ALL:
        return "s sort  up/down Enter look into a trial  p pause or resume  ? help  q leave";
    case BOARD_TRIAL:
        return "Esc back  up/down another trial";
    case BOARD_HELP:
        return "any key: back";
    case BOARD_ASK_PAUSE:
        return b->is_paused ? "Resume the campaign? y/n"
                            : "Pause the campaign: running trials finish their rung, no other begins? y/n";
    case BOARD_ASK_LEAVE:
        return "End this run: running steps finish, all is kept, the same command goes on? y/n";
    }
    return "";
}

void board_add_help(struct str *out, const char *foot, const struct view_look *look)
{
    static const char *const lines[] = { "s            order the running trials by number, value or progress",
        "up, down     choose a running trial (k and j too)",
        "Enter        look into it: configuration, curve, attempts", "Esc          back",
        "p            pause the campaign, or resume it; asks first", "q, Ctrl-C    leave",
        "Rungs are budgets: at each stands how many trials of the bracket reached it.",
        "The curve of a running trial has its last 16 values." };
    for (int i = 0; i < (int)(sizeof lines / sizeof *lines) && i < look->rows - 1; i++) {
        view_text(out, lines[i], look->columns);
        str_add_char(out, '\n');
    }
    view_text(out, foot, look->columns);
    str_add_char(out, '\n');
}
