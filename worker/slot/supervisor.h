/* supervisor.h: the process between the agent and a trial. It starts a trial on order, waits for it, kills all that is
 * below it, and reports; when its agent is gone, it kills all that is below it and ends.
 */
#ifndef RUNG_WORKER_SLOT_SUPERVISOR_H
#define RUNG_WORKER_SLOT_SUPERVISOR_H

#define SUPERVISOR_CHANNEL 3 /* the descriptor of its end of the pair */

/* argv: program, SLOT_ARGUMENT, the agent's process id. Returns the exit status. */
int supervisor_main(int argc, char **argv);

#endif
