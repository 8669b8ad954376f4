/* json_number.h: numbers as text, for json_write.c: what printf would say, in exact whole numbers and a tenth of its
 * time. Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_PROTO_JSON_NUMBER_H
#define RUNG_COMMON_PROTO_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define JSON_NUMBER_TEXT 32 /* bytes that hold any of these, with its NUL */

/* The shortest of %.15g, %.16g and %.17g that reads back as `value`, which is finite. Returns the length. */
size_t json_number_text(char to[JSON_NUMBER_TEXT], double value);

size_t json_unsigned_text(char to[JSON_NUMBER_TEXT], uint64_t value);

#endif
