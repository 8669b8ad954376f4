/* inspect.h: one running trial on the whole screen: its configuration, its curve, and, where the store is on this
 * machine, all that `rung show` says of it.
 */
#ifndef RUNG_COORDINATOR_CLI_INSPECT_H
#define RUNG_COORDINATOR_CLI_INSPECT_H

#include "coordinator/live/scene.h"

struct inspect {
    const char *store; /* directory, or NULL: the coordinator is elsewhere */
    int64_t trial;     /* number; 0: nothing is looked into */
    int64_t read_ms;   /* monotonic: when the store was read */
    struct str told;   /* what it said */
};

void inspect_begin(struct inspect *i, int64_t trial);
void inspect_end(struct inspect *i); /* accepts a zeroed one */

/* Adds the lines that fit; `foot` is the last of them. */
void inspect_draw(struct inspect *i, json_value status, json_value campaign, const char *foot,
    const struct view_look *look, int64_t now_ms, struct str *out);

#endif
