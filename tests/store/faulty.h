/* faulty.h: SQLite's view of the disk, with faults: the N-th thing that it asks of the disk fails, or the power goes at
 * that moment. A shim over the default VFS; only tests have it.
 *
 * What a power cut leaves is kept beside the real files: of each file what was synced, and of what was written since
 * then some sectors and not others, the last one torn. faulty_leave writes that state as files of another directory.
 */
#ifndef RUNG_TESTS_STORE_FAULTY_H
#define RUNG_TESTS_STORE_FAULTY_H

#include <stdbool.h>
#include <stdint.h>

enum fault { FAULT_NONE, FAULT_IO, FAULT_FULL, FAULT_FSYNC, FAULT_POWER, FAULT_N_KINDS };

void faulty_install(void); /* becomes the default VFS */

/* From now on the `at`-th (from 1) write, truncation or sync fails in this way, and with FULL and POWER all that come
 * after it. For FSYNC the `at`-th sync. Counts begin at 0; what is on the disk now counts as synced. */
void faulty_plan(enum fault fault, int at, uint64_t seed);
int faulty_count(void); /* of writes, truncations and syncs since then */
bool faulty_has_happened(void);

/* Writes what a power cut at this moment leaves of the files in `from` into the directory `to`. */
void faulty_leave(const char *from, const char *to);

#endif
