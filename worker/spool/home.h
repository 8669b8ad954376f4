/* home.h: the worker's directory: who it is across restarts, and where it keeps things.
 *
 *     DIR/lock        held for life: two agents on one directory would be one worker twice
 *     DIR/worker.id   a random number, made at the first start
 *     DIR/spool       outcomes that are not acknowledged
 *     DIR/blobs/      checkpoints, of our own and fetched
 *     DIR/attempts/   working directories, one an attempt; emptied at the start
 */
#ifndef RUNG_WORKER_SPOOL_HOME_H
#define RUNG_WORKER_SPOOL_HOME_H

#include <stdint.h>

#include "common/base/err.h"

struct home {
    char *path;     /* absolute */
    char *attempts; /* absolute: path/attempts */
    char *blobs;    /* absolute: path/blobs */
    int fd, attempts_fd, lock_fd;
    uint64_t worker;
};

/* Makes what is missing. `fresh_id` becomes the worker's number at its first start. ERR_BUSY when another agent has it.
 */
int home_open(struct home *h, const char *path, uint64_t fresh_id, struct err *e);
void home_close(struct home *h);

/* Makes, and removes, the directory of one attempt, a child of `attempts`. */
int home_make_attempt(const struct home *h, const char *directory, struct err *e);
int home_remove_attempt(const struct home *h, const char *directory, struct err *e);

#endif
