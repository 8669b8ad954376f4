/* record.h: one record of the spool, as bytes. Little-endian:
 *     u32 magic · u32 kind and payload length · u32 crc32c of the payload · u32 crc32c of these 12 bytes · payload
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_SPOOL_RECORD_H
#define RUNG_WORKER_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define RECORD_HEADER 16

enum record_kind {
    RECORD_OUTCOME,  /* a message */
    RECORD_TOMBSTONE /* forgets the outcome that begins at `forgotten` in the same file */
};

struct record {
    enum record_kind kind;
    uint32_t len;        /* of the payload */
    const char *payload; /* borrows */
    int64_t forgotten;   /* TOMBSTONE */
};

void record_add_outcome(struct str *out, const void *payload, size_t len);
void record_add_tombstone(struct str *out, int64_t forgotten);

/* Reads the record that `bytes` begin with; false when they begin with none that is whole. */
bool record_read(const char *bytes, size_t len, struct record *out);

/* Whether they begin with a record that is whole and whose checksum refutes its payload: damage, and no torn write. */
bool record_is_refuted(const char *bytes, size_t len);

/* Where the next whole record begins, from `from` on; `len` when none does. */
size_t record_find(const char *bytes, size_t len, size_t from);

#endif
