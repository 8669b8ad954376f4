/* crc32c.h: the Castagnoli checksum that guards frames, spool records and TensorBoard events (RFC 3720, B.4).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_BASE_CRC32C_H
#define RUNG_COMMON_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 for the first piece: crc32c(crc32c(0, a), b) is that of a and b joined. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
