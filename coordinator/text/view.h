/* view.h: what fits a terminal: its look, and numbers, durations and texts of others as people read them.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_TEXT_VIEW_H
#define RUNG_COORDINATOR_TEXT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/proto/json.h"

#define VIEW_BOLD "\033[1m"
#define VIEW_DIM "\033[2m"
#define VIEW_GREEN "\033[32m"
#define VIEW_RED "\033[31m"
#define VIEW_PLAIN "\033[0m"

struct view_look {
    int columns, rows; /* at most so many; a campaign takes at most 120 columns whatever the terminal has */
    bool is_utf8;      /* bars of blocks; else ASCII */
    bool has_colour;
};

/* "7:05", "1:02:03", "2 d 3 h". */
void view_duration(struct str *out, int64_t milliseconds);

/* "hidden_size 64  dropout 0.2 …": the members of an object; numbers with at most 5 digits that count. Goes on to a new
 * line, indented by `indent`, before `columns` are full. */
void view_pairs(struct str *out, json_value object, int indent, int columns);

/* Text that others wrote, cut to so many columns; control characters, which a terminal might obey, become '?'. */
void view_text(struct str *out, const char *text, int columns);

/* Columns that UTF-8 text takes: its characters, which are all of one column here. */
int view_width(const char *text);

/* A number of at most 5 digits that count: "0.10331". */
void view_number(struct str *out, double value);

#endif
