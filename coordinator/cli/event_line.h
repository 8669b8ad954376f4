/* event_line.h: an event of the store as one line: rung.event/1, or for people.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CLI_EVENT_LINE_H
#define RUNG_COORDINATOR_CLI_EVENT_LINE_H

#include "common/base/str.h"
#include "coordinator/store/question.h"

/* The columns of an event's line, in this order: what a QUESTION_EVENTS is asked for. */
enum {
    EVENT_SEQ,
    EVENT_WALL_MS,
    EVENT_KIND,
    EVENT_CAMPAIGN_NAME,
    EVENT_TRIAL,
    EVENT_RUNG,
    EVENT_LEASE,
    EVENT_WORKER,
    EVENT_VALUE,
    EVENT_TEXT,
    EVENT_N_COLUMNS
};
extern const char event_columns[];

/* Each adds a line and its newline; what does not apply is not there. */
void event_put_json(const struct cell *cells, struct str *out);
void event_put_text(
    const struct cell *cells, struct str *out); /* "12:00:00 trial 7 counted at rung 1: 0.31 (local/1)" */

#endif
