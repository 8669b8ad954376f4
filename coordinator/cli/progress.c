#include "coordinator/cli/progress.h"

#include <math.h>
#include <stdio.h>

#include "common/io/system.h"

enum { FRAME_MS = 100, LINE_MS = 10000, BAR_COLUMNS = 24 };

void progress_open(struct progress *p, bool is_quiet)
{
    *p = (struct progress){ .is_quiet = is_quiet, .began_ms = system_monotonic_ms() };
    screen_open(&p->screen);
    p->said_ms = p->screen.is_live ? 0 : p->began_ms;
}

void progress_close(struct progress *p)
{
    if (p->screen.is_live && p->said_ms > 0)
        screen_draw(&p->screen, "");
    screen_close(&p->screen);
}

static void put_bar(const struct progress *p, double part, struct str *out)
{
    int n_full = (int)(part * BAR_COLUMNS);
    for (int i = 0; i < BAR_COLUMNS; i++)
        str_add(out, i < n_full ? (p->screen.is_utf8 ? "█" : "#") : p->screen.is_utf8 ? "░" : ".");
    str_add(out, "  ");
}

void progress_say(struct progress *p, double part, const char *what)
{
    int64_t now_ms = system_monotonic_ms(), ran_ms = now_ms - p->began_ms;
    if (p->is_quiet || now_ms - p->said_ms < (p->screen.is_live ? FRAME_MS : LINE_MS))
        return;
    p->said_ms = now_ms;
    part = fmin(fmax(part, 0), 1);
    struct str line = { 0 };
    if (p->screen.is_live)
        put_bar(p, part, &line);
    str_addf(&line, "%3.0f %%  %s", floor(100 * part), what);
    if (part > 0 && ran_ms > 2000) {
        str_add(&line, ", ");
        view_duration(&line, (int64_t)((double)ran_ms * (1 - part) / part));
        str_add(&line, " to go");
    }
    str_add_char(&line, '\n');
    if (p->screen.is_live)
        screen_draw(&p->screen, str_text(&line));
    else
        fputs(str_text(&line), stderr);
    str_deinit(&line);
}
