/* progress.h: how far a piece of work is, on standard error: a bar where that is a terminal, else a line now and then.
 */
#ifndef RUNG_COORDINATOR_CLI_PROGRESS_H
#define RUNG_COORDINATOR_CLI_PROGRESS_H

#include "coordinator/cli/screen.h"

struct progress {
    struct screen screen;
    bool is_quiet;
    int64_t began_ms, said_ms; /* monotonic; said 0: nothing yet */
};

void progress_open(struct progress *p, bool is_quiet);
void progress_close(struct progress *p); /* what was drawn is wiped away */

/* `what` is done by `part`, of 0 to 1. Says so at most ten times a second, or, where that is no terminal, every ten
 * seconds. */
void progress_say(struct progress *p, double part, const char *what);

#endif
