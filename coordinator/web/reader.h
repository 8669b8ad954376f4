/* reader.h: work that may take long, outside the loop: at most two at once, so that the pool's other threads are there
 * for who stores blobs; others wait in their order.
 */
#ifndef RUNG_COORDINATOR_WEB_READER_H
#define RUNG_COORDINATOR_WEB_READER_H

#include <stdbool.h>
#include <uv.h>

#define READER_WAITING 64

struct reader_job {
    void (*run)(struct reader_job *job);  /* in a thread: touches nothing that is not its own */
    void (*done)(struct reader_job *job); /* on the loop, in any case; it may free the job */
    bool has_run;                         /* false in done: the reader was closed before */

    uv_work_t work;
    struct reader *reader;
    struct reader_job *next;
};

/* Zeroed but for the loop is ready. */
struct reader {
    uv_loop_t *loop;
    struct reader_job *first, **last; /* those that wait */
    int n_waiting, n_running;
    bool is_closed;
};

bool reader_add(struct reader *r, struct reader_job *job); /* false: too many wait already */
void reader_close(struct reader *r);                       /* what runs is still done, in the loop's turns to come */

#endif
