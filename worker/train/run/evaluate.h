/* evaluate.h: `rung-train evaluate`: loss, accuracy and confusion matrix of an exported model on a file of sequences.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_EVALUATE_H
#define RUNG_WORKER_TRAIN_RUN_EVALUATE_H

#include "common/base/err.h"
#include "worker/train/run/options.h"

/* Prints to standard output. Fails where the model or the data cannot be read, or do not fit each other. */
int evaluate_run(const struct options *o, struct err *e);

#endif
