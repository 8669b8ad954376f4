/* zap.h: who may come in: answers ZeroMQ's question about the key of each peer that connects (RFC 27, ZAP).
 *
 * One handler a process serves all its sockets, in the loop of their thread. Open it before the first bind: where it is
 * missing nobody gets in. It is asked at the handshake alone, so look a message's user up again (zsock.h): a key may
 * have been taken off the list since.
 */
#ifndef RUNG_COMMON_IO_ZAP_H
#define RUNG_COMMON_IO_ZAP_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/err.h"
#include "common/io/zsock.h"

struct zap;

/* May this key (Z85) come in, from this address? Messages of those who may have it as their user. */
typedef bool (*zap_judge_fn)(void *context, const char *public_key, const char *address);

/* Returns owned, or NULL with e: ERR_BUSY when there is one already. */
struct zap *zap_open(struct zcontext *c, uv_loop_t *loop, zap_judge_fn judge, void *context, struct err *e);

/* Nobody gets in any more. Frees itself when the loop has run its close callbacks. Accepts NULL. */
void zap_close(struct zap *z);

#endif
