/* talk.h: the contract socket of one trial, seen from the agent: lines in, lines out, never waiting. */
#ifndef RUNG_WORKER_SLOT_TALK_H
#define RUNG_WORKER_SLOT_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "common/base/str.h"
#include "worker/slot/lines.h"
#include "worker/slot/watch.h"

struct talk {
    struct watch *watch; /* NULL: closed */
    struct lines in;
    struct str out; /* not written yet */
    bool is_ending; /* end of file after that */
    bool is_over;   /* the trial has closed its end */
};

/* Takes `fd`, which does not block. */
void talk_open(struct talk *t, uv_loop_t *loop, int fd, void (*line)(void *, const char *, size_t), void *owner);
void talk_say(struct talk *t, const char *text); /* nothing when it is closed */
void talk_end(struct talk *t);                   /* end of file, after what was said */
void talk_drain(struct talk *t);                 /* takes all that is there; a last line needs no newline */
void talk_close(struct talk *t);                 /* drops what is not written */

#endif
