/* invitation.h: all that a worker needs to join, as one word to paste: where the coordinator listens, by which key it
 * is known, and the secret key of the worker.
 *
 *     rung1-BASE64URL of: crc32c of the rest (4 bytes, little-endian) · server's public key (32) · worker's secret key
 *                         (32) · address, NUL · name, NUL · NULs up to a multiple of 3
 *
 * It is a secret as a key file is one: whoever has it is that worker.
 */
#ifndef RUNG_COMMON_IO_INVITATION_H
#define RUNG_COMMON_IO_INVITATION_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/key.h"

#define INVITATION_MARK "rung1-"

/* Appends the word for `k`, which has a name, a secret, the server's key and an address. */
void invitation_write(const struct key *k, struct str *out);

/* A worker's key of it. ERR_INVALID when the word is cut, misspelt, or none. */
int invitation_read(const char *word, struct key *out, struct err *e);

#endif
