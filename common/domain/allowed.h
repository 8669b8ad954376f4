/* allowed.h: which programs of campaign files a worker runs: those that its own configuration names.
 * Pure: no I/O, no clock, no globals.
 *
 * `names` is a list with commas between: a program as the command's first word writes it (python3, /opt/lab/train), a
 * directory with a slash at its end for the programs that lie in it (/opt/lab/bin/), or * for all.
 */
#ifndef RUNG_COMMON_DOMAIN_ALLOWED_H
#define RUNG_COMMON_DOMAIN_ALLOWED_H

#include <stdbool.h>

#include "common/base/err.h"

/* Whether `program`, the first word of a command, is among them. `names` may be NULL: none is. */
bool allowed_program(const char *names, const char *program);

/* ERR_USAGE for a list that cannot be meant: an empty name, a relative directory, or too long a list. */
int allowed_check(const char *names, struct err *e);

#endif
