/* contract.h: rung-train as a trial: the agent's side is a socket of JSON lines (schemas/trial-contract.md). */
#ifndef RUNG_WORKER_TRAIN_RUN_CONTRACT_H
#define RUNG_WORKER_TRAIN_RUN_CONTRACT_H

/* Serves the agent on descriptor fd until it has no more to ask, and returns the exit status that the contract wants:
 * 0, 78 for a configuration that cannot be trained, another with the reason as the last line of standard error. */
int contract_run(int fd);

#endif
