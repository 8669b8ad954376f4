/* slot.h: one slot of the agent: a supervisor process, and below it the trial's process with all its descendants.
 *
 *     agent ──orders──► supervisor (a session of its own, subreaper) ──► trial ──► whatever it starts
 *       ╰──────── contract socket, standard output and error ────────────╯
 *
 * The supervisor is this program again, executed with SLOT_ARGUMENT, one a slot and for many attempts, so that an
 * attempt costs one fork. It kills the whole tree when told, when the trial's own process ends, and when the agent
 * dies, by kill -9 too. The agent reads the trial's lines and output itself.
 *
 * All calls and callbacks are on the loop's thread. A callback may call slot_start, _tell, _end_input and _kill.
 */
#ifndef RUNG_WORKER_SLOT_SLOT_H
#define RUNG_WORKER_SLOT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/base/err.h"

#define SLOT_ARGUMENT "--slot-supervisor" /* main() gives argv with this first argument to supervisor_main */

enum slot_end {
    SLOT_END_STATUS,      /* exited: `status` */
    SLOT_END_SIGNAL,      /* died of the signal `status` */
    SLOT_END_NOT_STARTED, /* `error` says why */
    SLOT_END_MEMORY,      /* killed for its memory, by us or by the kernel */
    SLOT_END_LOST         /* the supervisor died; the tree was killed */
};

struct slot_exit {
    enum slot_end end;
    int status;
    const char *error; /* NOT_STARTED: a sentence */
    const char
        *stderr_tail; /* the last lines of standard error: UTF-8, at most LIMIT_REASON bytes, no newline at the end */
    const char *log;  /* the last of both, as they came: UTF-8, at most LIMIT_LOG_TAIL bytes */
    int64_t max_rss_bytes; /* of the largest process */
    double seconds;        /* from the order to the end */
};

struct slot_hooks {
    void (*started)(void *context, int slot);
    /* One line without its newline, NUL-terminated behind. A longer one than LIMIT_TRIAL_LINE comes cut to that + 1
     * bytes, so that whoever reads it refuses it. */
    void (*line)(void *context, int slot, const char *line, size_t len);
    void (*printed)(void *context, int slot, const char *line, size_t len); /* a line of standard output, if wanted */
    void (*exited)(void *context, int slot, const struct slot_exit *how); /* nothing of the tree is left; start again */
};

struct slot_program {
    const char *const *argv;        /* argv[0] is looked up in PATH unless it has a slash; ends with NULL */
    const char *const *environment; /* NAME=value, on top of the agent's own; ends with NULL */
    const char *directory;          /* to run in; absolute */
    bool wants_printed;             /* lines of standard output are told, those beyond LIMIT_PRINTED_LINE cut */
    int64_t memory_bytes;           /* kill it when the tree holds more; 0: no limit */
};

struct slot;

/* Starts the supervisor: `program` is executed with SLOT_ARGUMENT ("/proc/self/exe" in the agent). Returns owned. */
struct slot *slot_open(
    uv_loop_t *loop, int number, const char *program, const struct slot_hooks *hooks, void *context, struct err *e);

/* Kills what runs, without a callback, and frees s when the loop has let go of its handles: run the loop on. */
void slot_close(struct slot *s);

/* Starts a trial; the slot must be free. `started` or `exited` (NOT_STARTED) follows. Fails when the order is too
 * large, or when no supervisor can be started. */
int slot_start(struct slot *s, const struct slot_program *program, struct err *e);

void slot_tell(struct slot *s, const char *line); /* with its newline; copies; nothing when the trial is gone */
void slot_end_input(struct slot *s);              /* end of file for the trial, after what was told */
void slot_terminate(struct slot *s);              /* SIGTERM for the trial's session, and no more */
void slot_kill(struct slot *s);                   /* the whole tree; `exited` follows */

#endif
