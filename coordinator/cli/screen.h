/* screen.h: a few lines on standard error that are drawn again in place, when that is a terminal.
 *
 * Plain ANSI: cursor up, erase to the end of the line, one write a frame. The cursor always rests below the lines and
 * no mode is changed for longer than a frame, so nothing is left to be restored, however the program ends.
 */
#ifndef RUNG_COORDINATOR_CLI_SCREEN_H
#define RUNG_COORDINATOR_CLI_SCREEN_H

#include <stdbool.h>

#include "common/base/str.h"
#include "coordinator/text/view.h"

struct screen {
    bool is_live; /* a terminal that understands cursor movements */
    bool is_utf8, has_colour;
    int n_lines;       /* drawn by the last frame */
    bool is_fresh;     /* none of it stands there any more */
    struct str shown;  /* the last frame */
    int columns, rows; /* of the terminal then; 0 before the first */
};

/* Looks at standard error, TERM, NO_COLOR and the locale. */
void screen_open(struct screen *s);
void screen_close(struct screen *s); /* accepts a zeroed one */

/* What fits there now: the terminal may have been resized. */
struct view_look screen_look(const struct screen *s);

/* The look of text that is printed once to standard output: as wide as the terminal, and wider in a file. */
struct view_look screen_print_look(void);

/* Draws `lines`, each ended by a newline, over those of the last frame: one write, of the lines that changed.
 * After a change of size all is drawn again at the top. */
void screen_draw(struct screen *s, const char *lines);

/* Leaves the last frame where it is; what comes next is written below. */
void screen_keep(struct screen *s);

#endif
