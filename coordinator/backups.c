#include "coordinator/backups.h"

#include "common/base/log.h"
#include "common/io/system.h"
#include "coordinator/store/backup.h"

static void in_pool(uv_work_t *work)
{
    struct backups *b = work->data;
    struct err e = { 0 };
    if (backup_rotate(b->dir, b->n_keep, system_wall_ms(), &e) < 0)
        log_error("%s", e.text);
}

static void after_pool(uv_work_t *work, int status)
{
    struct backups *b = work->data;
    b->is_busy = false;
}

static void on_timer(uv_timer_t *timer)
{
    struct backups *b = timer->data;
    uint64_t seq = b->seq(b->context);
    if (b->is_busy || seq == b->copied_seq)
        return;
    b->is_busy = true;
    b->copied_seq = seq;
    uv_queue_work(timer->loop, &b->work, in_pool, after_pool);
}

void backups_open(struct backups *b, uv_loop_t *loop, int64_t every_ms)
{
    uv_timer_init(loop, &b->timer);
    b->timer.data = b->work.data = b;
    uv_timer_start(&b->timer, on_timer, (uint64_t)every_ms, (uint64_t)every_ms);
}

void backups_close(struct backups *b)
{
    uv_close((uv_handle_t *)&b->timer, NULL);
}
