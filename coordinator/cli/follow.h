/* follow.h: shows how a campaign is going on standard error, again and again: the live view of `rung run` and
 * `rung watch`.
 */
#ifndef RUNG_COORDINATOR_CLI_FOLLOW_H
#define RUNG_COORDINATOR_CLI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "coordinator/live/board.h"
#include "coordinator/cli/inspect.h"
#include "coordinator/live/scene.h"
#include "coordinator/cli/screen.h"
#include "coordinator/live/status.h"
#include "coordinator/live/ticker.h"

enum follow_form {
    FOLLOW_VIEW, /* drawn in place on a terminal, else a line an event */
    FOLLOW_SILENT
};

#define FOLLOW_EVERY_MS 250 /* between two looks at the campaign */

struct follow {
    enum follow_form form;
    struct screen screen;
    struct ticker ticker;
    struct board board;
    struct inspect inspect; /* its store is the caller's to set */
    struct str text;        /* of the last frame */
};

void follow_open(struct follow *f, enum follow_form form);
void follow_close(struct follow *f); /* accepts a zeroed one */

/* Shows `s`, of which `campaign` is a part. `note` is a line below, or NULL. */
void follow_show(struct follow *f, const struct status *s, json_value campaign, const char *note, int64_t now_ms);

/* Waits until the next look is due, or a key, a signal or a new size asks for one. */
enum board_wish follow_wait(struct follow *f);

/* Says a line that stays, below all that was drawn. */
void follow_say(struct follow *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
