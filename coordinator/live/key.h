/* key.h: what the bytes mean that a terminal sends for a key.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_LIVE_KEY_H
#define RUNG_COORDINATOR_LIVE_KEY_H

#include <stddef.h>

/* Beside characters, as themselves. */
enum key { KEY_NONE = 0, KEY_ENTER = '\n', KEY_ESCAPE = 27, KEY_UP = 1000, KEY_DOWN };

/* What they say: "\033[A" is KEY_UP, "\033" alone KEY_ESCAPE, other sequences KEY_NONE. Takes bytes of `text` from
 * *at on, which is below `len`. */
int key_parse(const char *text, size_t len, size_t *at);

#endif
