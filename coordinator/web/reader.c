#include "coordinator/web/reader.h"

#define RUNNING 2

static void start_next(struct reader *r);

static void on_run(uv_work_t *work)
{
    struct reader_job *job = work->data;
    job->run(job);
}

static void on_done(uv_work_t *work, int status)
{
    struct reader_job *job = work->data;
    struct reader *r = job->reader;
    job->has_run = status == 0;
    r->n_running--;
    job->done(job);
    start_next(r);
}

static void start_next(struct reader *r)
{
    while (r->first && r->n_running < RUNNING) {
        struct reader_job *job = r->first;
        r->first = job->next;
        r->n_waiting--;
        r->n_running++;
        job->work.data = job;
        uv_queue_work(r->loop, &job->work, on_run, on_done);
    }
    if (!r->first)
        r->last = &r->first;
}

bool reader_add(struct reader *r, struct reader_job *job)
{
    if (r->is_closed || r->n_waiting == READER_WAITING)
        return false;
    job->reader = r;
    job->next = NULL;
    if (!r->first)
        r->last = &r->first;
    *r->last = job;
    r->last = &job->next;
    r->n_waiting++;
    start_next(r);
    return true;
}

void reader_close(struct reader *r)
{
    r->is_closed = true;
    while (r->first) {
        struct reader_job *job = r->first;
        r->first = job->next;
        r->n_waiting--;
        job->done(job);
    }
}
