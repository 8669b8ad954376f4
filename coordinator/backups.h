/* backups.h: a copy of the database now and then, made in libuv's thread pool: the loop never waits for it.
 */
#ifndef RUNG_COORDINATOR_BACKUPS_H
#define RUNG_COORDINATOR_BACKUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct backups {
    uv_timer_t timer;
    uv_work_t work;
    const char *dir; /* of the store; borrowed */
    int n_keep;
    uint64_t (*seq)(void *context); /* of the last event: nothing is copied when it is that of the last copy */
    void *context;
    uint64_t copied_seq;
    bool is_busy;
};

/* Makes one each `every_ms`, which must not be 0. Zeroed b; call backups_close only when this was called. */
void backups_open(struct backups *b, uv_loop_t *loop, int64_t every_ms);
void backups_close(struct backups *b); /* run the loop until it has nothing to do afterwards */

#endif
