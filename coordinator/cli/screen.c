#include "coordinator/cli/screen.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/str.h"

#define BEGIN_FRAME "\033[?2026h" /* synchronised update: ignored by terminals that do not know it */
#define END_FRAME "\033[?2026l"
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"
#define FILE_COLUMNS 200 /* of text that goes to a file or a program */

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static bool has_utf8(void)
{
    setlocale(LC_CTYPE, ""); /* numbers stay as in C */
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void screen_open(struct screen *s)
{
    *s = (struct screen){ .is_live = is_terminal(STDERR_FILENO), .is_utf8 = has_utf8() };
    s->has_colour = s->is_live && !is_set("NO_COLOR");
}

/* Takes the size of the terminal, where there is one. */
static void fit(struct view_look *look, int fd)
{
    struct winsize size = { 0 };
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        look->columns = size.ws_col;
        look->rows = size.ws_row;
    }
}

struct view_look screen_look(const struct screen *s)
{
    struct view_look look = { .columns = 80, .rows = 24, .is_utf8 = s->is_utf8, .has_colour = s->has_colour };
    fit(&look, STDERR_FILENO);
    look.columns--; /* a line that fills the last column waits there to be wrapped, and is erased */
    look.rows--;    /* for the cursor */
    return look;
}

struct view_look screen_print_look(void)
{
    struct view_look look = { .columns = FILE_COLUMNS, .is_utf8 = has_utf8() };
    fit(&look, STDOUT_FILENO);
    look.has_colour = is_terminal(STDOUT_FILENO) && !is_set("NO_COLOR");
    look.rows = INT_MAX;
    return look;
}

void screen_draw(struct screen *s, const char *lines)
{
    struct str frame = { 0 };
    str_add(&frame, BEGIN_FRAME "\r");
    if (s->n_lines)
        str_addf(&frame, "\033[%dA", s->n_lines);
    s->n_lines = 0;
    for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
        str_add_bytes(&frame, lines, (size_t)(end - lines));
        str_add(&frame, ERASE_LINE "\n");
        s->n_lines++;
    }
    str_add(&frame, ERASE_BELOW END_FRAME);
    (void)!write(STDERR_FILENO, frame.text, frame.len); /* a terminal that is gone is no failure of the campaign */
    str_deinit(&frame);
}

void screen_keep(struct screen *s)
{
    s->n_lines = 0;
}
