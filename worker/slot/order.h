/* order.h: what the agent and the supervisor of a slot say to each other, on a SOCK_SEQPACKET pair: one packet each.
 *
 *     agent → supervisor   START (with three descriptors) · TERMINATE · KILL
 *     supervisor → agent   STARTED · ENDED
 *
 * Both are the same program, so structs go as they are in memory.
 */
#ifndef RUNG_WORKER_SLOT_ORDER_H
#define RUNG_WORKER_SLOT_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/slot/slot.h"

#define ORDER_BYTES (128 << 10) /* of a START, strings included */
#define ORDER_WORDS 512         /* argv and environment together */

enum order_descriptor { ORDER_CONTRACT, ORDER_STDOUT, ORDER_STDERR, ORDER_N_DESCRIPTORS };

enum order_kind { ORDER_START, ORDER_TERMINATE, ORDER_KILL };

/* A START as the supervisor sees it. The arrays end with NULL and point into `packet`. */
struct order {
    enum order_kind kind;
    int64_t memory_bytes;
    char *directory;
    char *argv[ORDER_WORDS + 1];
    char *environment[ORDER_WORDS + 1]; /* NAME=value to be added */
    int descriptors[ORDER_N_DESCRIPTORS];
    char packet[ORDER_BYTES];
};

int order_send_start(
    int channel, const struct slot_program *program, const int descriptors[ORDER_N_DESCRIPTORS], struct err *e);
int order_send(int channel, enum order_kind kind, struct err *e); /* TERMINATE or KILL */

/* Waits for one order. Returns 1, 0 at the end of the channel, or -1. Descriptors are close-on-exec. */
int order_receive(int channel, struct order *out, struct err *e);

enum report_kind { REPORT_STARTED, REPORT_ENDED };

struct report {
    enum report_kind kind;
    enum slot_end end;
    int status;
    int64_t max_rss_bytes;
    char error[512]; /* NOT_STARTED */
};

int report_send(int channel, const struct report *report, struct err *e);

/* Never waits: 1, 0 at the end of the channel, or -1 with errno EAGAIN when nothing is there. */
int report_receive(int channel, struct report *out);

#endif
