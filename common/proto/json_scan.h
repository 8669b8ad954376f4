/* json_scan.h: the strict reading of JSON text that comes before cJSON's lenient one: refuses what json.h says is
 * refused, and finds lines. Pure: no I/O, no clock, no globals. For json.c alone.
 */
#ifndef RUNG_COMMON_PROTO_JSON_SCAN_H
#define RUNG_COMMON_PROTO_JSON_SCAN_H

#include <stddef.h>

#include "common/base/err.h"

/* 0 when the text is one JSON value and nothing else, within the limits; -1 with "line 3, column 7: ...". */
int json_scan(const char *text, size_t len, struct err *e);

/* The line (from 1) on which the value at this JSON pointer begins, in a text that json_scan has passed; that of its
 * nearest ancestor when it names nothing. */
int json_scan_line(const char *text, size_t len, const char *pointer);

#endif
