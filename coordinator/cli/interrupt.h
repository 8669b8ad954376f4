/* interrupt.h: how often somebody asked this program to end: SIGINT, SIGTERM and SIGHUP, counted.
 * The count is the process's own: there is one set of signals.
 */
#ifndef RUNG_COORDINATOR_CLI_INTERRUPT_H
#define RUNG_COORDINATOR_CLI_INTERRUPT_H

#include <stdint.h>

/* From now on these signals count and do not end the program; SIGPIPE is ignored. */
void interrupt_watch(void);

int interrupt_count(void);

/* Sleeps, or less when one comes. */
void interrupt_sleep(int64_t milliseconds);

#endif
