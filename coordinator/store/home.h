/* home.h: the directory of a store: made, locked, and found fit. Only coordinator/store includes it. */
#ifndef RUNG_COORDINATOR_STORE_HOME_H
#define RUNG_COORDINATOR_STORE_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

/* Makes the directory `dir` (0700) when it is not there; its parent must be. */
int home_make(const char *dir, struct err *e);

/* Refuses a file system that other machines can write too: SQLite's WAL needs one machine's memory. */
int home_check_local(const char *dir, struct err *e);

/* Takes dir/rungd.lock for as long as the descriptor lives and writes our process number into it. Returns the
 * descriptor, or -1 with e: ERR_BUSY names the process that has it. */
int home_lock(const char *dir, struct err *e);

/* Bytes that this user may still write where `dir` is, and of the whole; -1 both when that cannot be asked. */
void home_measure(const char *dir, int64_t *free_bytes, int64_t *total_bytes);

/* Takes `bytes` of the disk as dir/reserve, for a day when it is full; true when they are there. */
bool home_take_reserve(const char *dir, int64_t bytes);
void home_give_reserve(const char *dir);

#endif
