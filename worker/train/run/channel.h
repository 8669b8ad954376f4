/* channel.h: JSON objects, one a line, over a stream socket: the trial's end of the contract. */
#ifndef RUNG_WORKER_TRAIN_RUN_CHANNEL_H
#define RUNG_WORKER_TRAIN_RUN_CHANNEL_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/proto/json.h"

struct channel;

/* Returns owned (channel_close). Takes fd. */
struct channel *channel_open(int fd);
void channel_close(struct channel *c);

enum channel_result { CHANNEL_FAILED = -1, CHANNEL_NONE, CHANNEL_GOT, CHANNEL_END };

/* The next line: channel_wait blocks for it, channel_poll answers CHANNEL_NONE when it is not there yet. CHANNEL_GOT
 * gives a document (json_free) whose root is an object; CHANNEL_END means that the other end has closed; CHANNEL_FAILED
 * fills e: ERR_INVALID for a line that is no JSON object, ERR_LIMIT for one above LIMIT_TRIAL_LINE, ERR_IO. */
int channel_wait(struct channel *c, struct json_doc **doc, struct err *e);
int channel_poll(struct channel *c, struct json_doc **doc, struct err *e);

/* Sends the text and a newline, whole, and empties it in any case. Fails with ERR_IO, or ERR_UNREACHABLE when nobody
 * reads. */
int channel_say(struct channel *c, struct str *line, struct err *e);

#endif
