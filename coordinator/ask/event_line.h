/* event_line.h: an event of the store as one line: rung.event/1, or for people.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_ASK_EVENT_LINE_H
#define RUNG_COORDINATOR_ASK_EVENT_LINE_H

#include "common/base/str.h"
#include "common/proto/message.h"
#include "coordinator/store/ask.h"
#include "coordinator/store/question.h"

/* The columns of a QUESTION_EVENTS that event_of_cells reads. */
enum { EVENT_N_COLUMNS = 10 };
extern const char event_columns[];

/* An event as the wire has it, from what a store answers. Borrow what they are made of. */
struct record_happening event_of_cells(const struct cell *cells);
struct record_happening event_of_store(const struct store_happening *h);

/* Each adds a line and its newline; what does not apply is not there.
 * "20:15:03 trial 4 promoted to budget 9: place 1 of 6" */
void event_put_json(const struct record_happening *h, struct str *out);
void event_put_text(const struct record_happening *h, struct str *out);

#endif
