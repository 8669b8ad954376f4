/* child.h: a program that runs beneath this one: started, logged, started again when it dies, and taken along when we
 * die.
 *
 * Each child leads a process group of its own, so that Ctrl-C at the terminal reaches us alone, and gets SIGTERM when
 * its parent is gone, however it went.
 */
#ifndef RUNG_COORDINATOR_CLI_CHILD_H
#define RUNG_COORDINATOR_CLI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/str.h"

#define CHILD_WORDS 16

struct child {
    char *words[CHILD_WORDS + 1]; /* owned, NULL-terminated; the first is the program's path */
    char *log_path;               /* owned: what it prints is added there */
    pid_t pid;                    /* 0: it does not run */
    bool is_wanted;               /* start it again when it dies */
    bool may_leave;               /* it ends with status 0 when it is not wanted any more: a worker that was drained */
    int n_quick_deaths;           /* in a row, by its own doing */
    int n_quick_kills;            /* in a row, by SIGKILL or SIGTERM from somebody else */
    int64_t started_ms;           /* monotonic */
    int64_t retry_ms;             /* monotonic: when to start it again */
};

/* Copies the words (at most CHILD_WORDS, NULL-terminated). */
void child_init(struct child *c, const char *const *words, const char *log_path);
void child_deinit(struct child *c); /* after child_is_gone; accepts a zeroed one */

int child_start(struct child *c, int64_t now_ms, struct err *e);

/* Notices its death, and starts it again after a while that grows with each quick death. Fails when it died quickly
 * five times in a row, kills by somebody else not counted (those may be fifty): the text ends with the last lines of
 * its log. Call it a few times a second. */
int child_tend(struct child *c, int64_t now_ms, struct err *e);

/* Sends it the signal, and SIGKILL to its whole process group; does not want it back. */
void child_end(struct child *c, int signal);

/* After child_end: true once it is gone. Never waits. */
bool child_is_gone(struct child *c);

/* Appends ":" and the last lines of a log, for the message that says what went wrong; nothing when it has none. */
void child_add_tail(const char *log, struct str *out);

#endif
