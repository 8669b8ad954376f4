/* spool.h: outcomes that the coordinator has not acknowledged yet: on disk before they are first sent, and across
 * restarts.
 *
 * One file of records, appended: a header of 16 bytes (magic, payload length, crc32c of the payload, crc32c of the
 * header's first 12 bytes; little-endian), then the payload. A record is either an outcome (an encoded RESULT or FAIL)
 * or a tombstone that forgets one. A torn tail is cut off when the file is opened; a record that its checksum refutes
 * is never used: it is copied aside to `spool.damaged`, reported and skipped. When everything is forgotten, or most of
 * a large file is, the file is written anew and renamed.
 */
#ifndef RUNG_WORKER_SPOOL_SPOOL_H
#define RUNG_WORKER_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define SPOOL_BYTES_MAX (256LL << 20) /* of the file; beyond it appending fails with ERR_LIMIT */

struct spool;

/* Opens or creates `spool` in the directory `dir_fd`. What was damaged is reported in *n_damaged (records or regions
 * that were set aside; a torn tail is none). Returns owned, or NULL. */
struct spool *spool_open(int dir_fd, int *n_damaged, struct err *e);
void spool_close(struct spool *s); /* accepts NULL */

/* Appends a record; it counts once spool_sync returned 0. Gives its number, from 1, which never comes again while the
 * spool is open. On failure the file is as it was before. */
int spool_append(struct spool *s, const void *payload, size_t len, uint64_t *number, struct err *e);

/* Makes all that was appended durable. After a failure the file cannot be trusted to hold what it shows: the caller
 * must end the process, and the next one reads what is really there. */
int spool_sync(struct spool *s, struct err *e);

/* Forgets a record; not durable by itself, which does no harm: it is sent once more after a crash. */
int spool_forget(struct spool *s, uint64_t number, struct err *e);

/* Walks the records that are not forgotten, oldest first: 0 begins, 0 ends. */
uint64_t spool_next(const struct spool *s, uint64_t number);

/* The payload of one record. Returns owned (free), or NULL: ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO. */
void *spool_read(const struct spool *s, uint64_t number, size_t *len, struct err *e);

size_t spool_len(const struct spool *s); /* records that are not forgotten */

#endif
