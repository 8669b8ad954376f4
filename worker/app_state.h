/* app_state.h: what the files of the shell share: app.c (life, sockets, signals), app_effects.c (what the session
 * wants), app_jobs.c (blobs, saved and moved). */
#ifndef RUNG_WORKER_APP_STATE_H
#define RUNG_WORKER_APP_STATE_H

#include <uv.h>

#include "common/base/str.h"
#include "common/io/blobs.h"
#include "common/io/bulk_client.h"
#include "common/io/notify.h"
#include "common/io/zsock.h"
#include "worker/app.h"
#include "worker/core/session.h"
#include "worker/slot/slot.h"
#include "worker/spool/home.h"
#include "worker/outcomes.h"

struct job;
struct supply;

/* An event that an effect brought about; it is taken after all effects of the step are done. */
struct later {
    struct session_event event;
    struct session_exit exit;
    struct err error; /* what event.reason points to */
};

enum { APP_SIGNALS = 4 };

struct app {
    const struct app_options *options;
    uv_loop_t loop;
    uv_timer_t tick, farewell;
    uv_signal_t signals[APP_SIGNALS];
    struct notify_watchdog watchdog;
    int n_told, n_asked; /* by SIGTERM and its like; by SIGUSR1 */
    struct zcontext *zmq;
    struct zsock *control, *bulk;
    struct bulk_client *mover;
    struct blobs *blobs;
    struct home home;
    struct outcomes *outcomes;
    struct session *session;
    struct slot *slots[LIMIT_SLOTS];
    char in_use[LIMIT_SLOTS][HASH_HEX]; /* the checkpoint that the slot's trial began with */
    char *checkpoints[LIMIT_SLOTS];     /* the file that the slot's trial may write for one */
    char *trainer;                      /* the built-in's program */
    char *python;                       /* the directory of rung.py; NULL: it is not there */
    uint64_t session_id;
    struct later *later; /* a queue */
    size_t n_later, cap_later;
    bool is_taking;                       /* inside app_take */
    bool is_connected, is_bulk_connected; /* as of the last tick */
    bool was_heard;                       /* the coordinator has said something */
    bool was_refused;                     /* and the last attempt to connect was refused */
    bool is_leaving;
    int status;
    bool has_no_room; /* the disk is full, as the session was told */
    int64_t tidy_ms;  /* when to look at the size of the cache again */
    double load;      /* the machine's load average of the last minute ... */
    int64_t load_ms;  /* ... and when to ask for it again */
    struct str frame; /* being encoded */
    struct job *jobs; /* blobs on their way */
    char *cache;      /* this machine's, for data and files: app_supplies.c */
    struct blobs *cached;
    struct bulk_client *fetcher; /* into it */
    struct supply *supplies;
    struct held {
        char hash[HASH_HEX];
        int fd;
    } * held; /* of `cached`, not to be removed */
    size_t n_held, cap_held;
};

/* Gives an event to the session and does what it wants, and what comes of that. */
void app_take(struct app *app, const struct session_event *event);

/* Queues an event for after the present one; its pointers but `exit` and `reason` must stay. */
struct later *app_take_later(struct app *app, enum session_event_kind kind);

void app_leave(struct app *app, int status);

/* ---- app_effects.c ---- */
void app_do_effects(struct app *app, const struct session_effects *effects);

/* ---- app_jobs.c ---- */
void app_save(struct app *app, uint64_t attempt, const char *path);
/* The checkpoint, unless it is NULL; then FETCHED with `data` and `blobs`, which it takes. */
void app_fetch_checkpoint(struct app *app, uint64_t attempt, const char *hash, char *data, char *blobs);
void app_upload(struct app *app, const char *hash);
void app_forget_jobs(struct app *app); /* once nobody works on them any more */
void app_tidy_cache(struct app *app, int64_t now_ms);

/* ---- app_supplies.c ---- */
int app_open_cache(struct app *app, const char *directory, struct err *e); /* NULL: this user's own */
void app_fetch(struct app *app, uint64_t attempt, const struct message_grant *grant);
void app_watch_supplies(struct app *app); /* now and then: what others fetch may be here */
void app_forget_supplies(struct app *app);
bool app_may_remove_cached(const struct app *app, const char *hash);

#endif
