/* by_hand.h: rung-train on the command line: one configuration trained for a person to see. */
#ifndef RUNG_WORKER_TRAIN_RUN_BY_HAND_H
#define RUNG_WORKER_TRAIN_RUN_BY_HAND_H

#include "common/base/err.h"
#include "worker/train/run/options.h"

/* Trains as the options say, prints to standard output and the progress to standard error. Ends early, with the epoch
 * finished and the checkpoint written, on SIGINT: ERR_INTERRUPTED. */
int by_hand_train(const struct options *o, struct err *e);

#endif
