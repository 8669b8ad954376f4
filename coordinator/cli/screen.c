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
#define HOME "\033[H"
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
    *s = (struct screen){ .is_live = is_terminal(STDERR_FILENO), .is_utf8 = has_utf8(), .is_fresh = true };
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

/* The line at `text`, or NULL at its end; *len without the newline. */
static const char *next_line(const char *text, size_t *len)
{
    const char *end = text ? strchr(text, '\n') : NULL;
    *len = end ? (size_t)(end - text) : 0;
    return end ? end + 1 : NULL;
}

/* Of lines that stand already, only the cursor moves past. Returns whether anything changed. */
static bool add_lines(struct screen *s, const char *lines, struct str *frame)
{
    const char *old = s->is_fresh ? NULL : str_text(&s->shown);
    bool is_changed = false;
    int n = 0;
    size_t len, old_len;
    for (const char *next; (next = next_line(lines, &len)); lines = next, n++) {
        const char *next_old = next_line(old, &old_len);
        if (!next_old || len != old_len || memcmp(lines, old, len) != 0) {
            str_add_bytes(frame, lines, len);
            str_add(frame, ERASE_LINE);
            is_changed = true;
        }
        str_add_char(frame, '\n');
        old = next_old;
    }
    is_changed = is_changed || n != s->n_lines;
    s->n_lines = n;
    return is_changed;
}

void screen_draw(struct screen *s, const char *lines)
{
    struct str frame = { 0 };
    struct view_look size = { 0 };
    fit(&size, STDERR_FILENO);
    bool is_resized = s->columns && (size.columns != s->columns || size.rows != s->rows);
    s->columns = size.columns;
    s->rows = size.rows;
    str_add(&frame, BEGIN_FRAME "\r");
    if (is_resized) {
        str_add(&frame, HOME ERASE_BELOW); /* the terminal may have wrapped lines: where they stand is not known */
        s->is_fresh = true;
    } else if (s->n_lines)
        str_addf(&frame, "\033[%dA", s->n_lines);
    if (add_lines(s, lines, &frame) || is_resized) {
        str_add(&frame, ERASE_BELOW END_FRAME);
        (void)!write(STDERR_FILENO, frame.text, frame.len); /* a terminal that is gone is no failure of the campaign */
    }
    s->is_fresh = false;
    str_clear(&s->shown);
    str_add(&s->shown, lines);
    str_deinit(&frame);
}

void screen_keep(struct screen *s)
{
    s->n_lines = 0;
    s->is_fresh = true;
}

void screen_close(struct screen *s)
{
    str_deinit(&s->shown);
    *s = (struct screen){ 0 };
}
