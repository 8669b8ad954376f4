#include "coordinator/cli/follow.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/io/system.h"
#include "coordinator/cli/keys.h"

void follow_open(struct follow *f, enum follow_form form)
{
    *f = (struct follow){ .form = form };
    screen_open(&f->screen);
    if (form == FOLLOW_VIEW && f->screen.is_live)
        keys_open();
}

void follow_close(struct follow *f)
{
    keys_close();
    inspect_end(&f->inspect);
    screen_close(&f->screen);
    str_deinit(&f->text);
    *f = (struct follow){ 0 };
}

static void show_live(struct follow *f, const struct status *s, json_value campaign, const char *note)
{
    struct view_look look = screen_look(&f->screen);
    str_clear(&f->text);
    struct board *b = &f->board;
    board_note(b, s->root, campaign);
    const char *foot = note ? note : keys_are_there() ? board_foot(b) : NULL;
    bool is_asking = note || b->mode == BOARD_ASK_PAUSE || b->mode == BOARD_ASK_LEAVE;
    struct scene scene = {
        .is_live = true, .sort = b->sort, .chosen = b->chosen, .foot = foot, .is_asking = is_asking
    };
    if (b->mode == BOARD_TRIAL) {
        if (f->inspect.trial != b->chosen)
            inspect_begin(&f->inspect, b->chosen);
        inspect_draw(&f->inspect, s->root, campaign, board_foot(b), &look, system_monotonic_ms(), &f->text);
    } else if (b->mode == BOARD_HELP)
        board_add_help(&f->text, board_foot(b), &look);
    else
        scene_draw(&f->text, s->root, campaign, &scene, &look);
    screen_draw(&f->screen, str_text(&f->text));
}

void follow_show(struct follow *f, const struct status *s, json_value campaign, const char *note, int64_t now_ms)
{
    if (f->form != FOLLOW_VIEW)
        return;
    if (f->screen.is_live) {
        show_live(f, s, campaign, note);
        return;
    }
    str_clear(&f->text);
    ticker_tell(&f->ticker, s->root, campaign, now_ms, &f->text);
    fputs(str_text(&f->text), stderr);
}

enum board_wish follow_wait(struct follow *f)
{
    int key = keys_wait(FOLLOW_EVERY_MS);
    return key == KEY_NONE ? BOARD_NOTHING : board_press(&f->board, key);
}

void follow_say(struct follow *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    screen_keep(&f->screen);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}
