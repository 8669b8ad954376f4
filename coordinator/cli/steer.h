/* steer.h: the commands that change a campaign: `rung pause`, `resume`, `stop`, `extend`, `enqueue`, `retry`, `note`.
 *
 * Each asks the coordinator once, prints what the campaign is now and what was done, and returns 0, or -1 with e. Of a
 * store that nobody serves a coordinator is started for the request alone.
 */
#ifndef RUNG_COORDINATOR_CLI_STEER_H
#define RUNG_COORDINATOR_CLI_STEER_H

#include <stdbool.h>
#include <stdio.h>

#include "coordinator/cli/remote.h"

/* `action` is stop, pause or resume. */
int cli_control(const struct remote *where, const char *campaign, const char *action, FILE *out, struct err *e);

/* New limits as people write them: "150", or "+50" for so many more; "2h", "+30m". NULL: as before. */
struct extension {
    const char *trials, *max_budget, *wall_clock;
};
int cli_extend(const struct remote *where, const char *campaign, const struct extension *new, FILE *out, struct err *e);

/* The configuration as words: one JSON object, "@file" ("@-": standard input), or name=value each. */
int cli_enqueue(
    const struct remote *where, const char *campaign, char *const *words, int n_words, FILE *out, struct err *e);

/* Trials by their numbers; none: all that failed or were set aside. */
int cli_retry(
    const struct remote *where, const char *campaign, char *const *numbers, int n_numbers, FILE *out, struct err *e);

int cli_note(
    const struct remote *where, const char *campaign, const char *trial, const char *text, FILE *out, struct err *e);

/* Has the workers of that name hand back what they run and leave, and waits until they are gone, or, with is_hasty,
 * only asks. Interrupted it waits no more: ERR_INTERRUPTED. */
int cli_drain(const struct remote *where, const char *worker, bool is_hasty, FILE *out, struct err *e);

#endif
