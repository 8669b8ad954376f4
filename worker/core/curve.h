/* curve.h: what a trial measured since the rung before, bounded: when it grows too long every second point goes,
 * evenly, and the last one always stays. Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_CURVE_H
#define RUNG_WORKER_CORE_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/proto/message.h"

#define CURVE_BYTES (512 << 10) /* of all metrics' texts: with the rest it fits into one frame */

/* Zeroed is empty. */
struct curve {
    struct record_curve_point *points; /* steps ascend; the texts are owned */
    size_t n, cap, bytes;
    size_t n_seen;     /* points that were ever added */
    size_t stride_log; /* one in 2^stride_log of them is kept, and the last */
};

void curve_add(struct curve *c, int64_t step, const char *metrics); /* copies; step is beyond the last */
void curve_replace_last(struct curve *c, const char *metrics);      /* copies; there is one */
void curve_move_last(struct curve *c, int64_t step);                /* there is one, and it was not beyond `step` */
void curve_cut(struct curve *c, int64_t step);                      /* drops the points beyond this step */
void curve_deinit(struct curve *c);

#endif
