/* bench_memory.h: whether this machine has the memory that a measurement needs, asked before it is taken.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_BENCH_MEMORY_H
#define RUNG_WORKER_TRAIN_RUN_BENCH_MEMORY_H

#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/run/options.h"

/* 0 when what `o` asks for fits into machine_bytes (0: unknown, all fits). Otherwise fails with ERR_INVALID, naming the
 * option that matters most, what all needs and what there is. */
int bench_memory_check(const struct options *o, int64_t machine_bytes, struct err *e);

#endif
