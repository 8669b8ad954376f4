/* bench.h: `rung-train bench`: sequences a second of full training steps, and what share of the machine that is. */
#ifndef RUNG_WORKER_TRAIN_RUN_BENCH_H
#define RUNG_WORKER_TRAIN_RUN_BENCH_H

#include "common/base/err.h"
#include "worker/train/run/options.h"

/* Measures for o->seconds and prints to standard output. Fails with ERR_INVALID for a model that cannot be, or
 * that this machine has no memory for. */
int bench_run(const struct options *o, struct err *e);

#endif
