/* keys.h: single keys from the terminal on standard input, and its changes of size.
 *
 * The terminal is put into a mode without lines and echo while keys are read, and back into its own on every way out:
 * keys_close, exit, and the signals that end or stop a program. Ctrl-C stays a signal. The mode is the process's own.
 */
#ifndef RUNG_COORDINATOR_CLI_KEYS_H
#define RUNG_COORDINATOR_CLI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/live/key.h"

/* Begins to read when standard input is a terminal; otherwise no key ever comes. */
void keys_open(void);
void keys_close(void);

/* There are keys to press: said to people. */
bool keys_are_there(void);

/* Waits so long, or less when a key, a signal or a change of size comes. Returns a key, or KEY_NONE. */
int keys_wait(int64_t milliseconds);

#endif
