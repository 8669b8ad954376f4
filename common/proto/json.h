/* json.h: exact JSON. Strict where cJSON is lenient, and every double survives the round trip.
 * Pure: no I/O, no clock, no globals. The only user of cJSON.
 *
 * Reading refuses what JSON (RFC 8259) or we refuse: trailing bytes, duplicate keys, NUL in strings, invalid UTF-8,
 * numbers that are not finite, and anything beyond LIMIT_JSON_DEPTH or LIMIT_JSON_TOKENS, before cJSON allocates.
 * Writing uses %.17g, and 64-bit ids as strings.
 */
#ifndef RUNG_COMMON_PROTO_JSON_H
#define RUNG_COMMON_PROTO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* ---- reading ---- */

/* A value inside a document; borrows from it. It is cJSON's node, so that no second tree is built; only json.c looks
 * inside. */
struct cJSON;
typedef const struct cJSON *json_value;

struct json_doc; /* a parsed text, with where each value stood */

/* Parses `len` bytes. Returns owned (json_free), or NULL with e: "line 3, column 7: …". `text` is only read during the
 * call. */
struct json_doc *json_parse(const char *text, size_t len, struct err *e);
void json_free(struct json_doc *doc);
json_value json_root(const struct json_doc *doc);

/* The line (from 1) on which the value at this JSON pointer (RFC 6901, "" is the root) begins; the line of the nearest
 * ancestor that exists when the pointer names nothing. */
int json_line(const struct json_doc *doc, const char *pointer);

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };
enum json_type json_type(json_value v);
const char *json_type_name(json_value v); /* "a number", "an object", … for messages */

json_value json_get(json_value object, const char *key); /* NULL when absent or not an object; case-sensitive */
size_t json_len(json_value array_or_object);
json_value json_at(json_value array, size_t i);    /* for objects too: the i-th member */
json_value json_first(json_value array_or_object); /* walk: for (v = json_first(a); v; v = json_next(v)) */
json_value json_next(json_value v);
const char *json_key(json_value member); /* the key of a member of an object */

bool json_bool(json_value v);                     /* asserts the type */
double json_number(json_value v);                 /* asserts the type; always finite */
const char *json_text(json_value v);              /* asserts the type; borrows */
bool json_is_integer(json_value v, int64_t *out); /* a number without fraction, |v| <= 2^53 */

/* Typed members of an object; each returns 0, or -1 with e naming the key and what was expected. `out` untouched on
 * failure. */
int json_want_int(json_value object, const char *key, int64_t *out, struct err *e);
int json_want_id(
    json_value object, const char *key, uint64_t *out, struct err *e); /* a decimal string, or an integer <= 2^53 */
int json_want_number(json_value object, const char *key, double *out, struct err *e);
int json_want_text(json_value object, const char *key, const char **out, struct err *e);
int json_want_bool(json_value object, const char *key, bool *out, struct err *e);

/* Hands over each member of an object of numbers, in their order, without a tree. Stops with -1 when `take` returns -1
 * (having filled e), or with e when the text is no such object: what stands before the fault was handed over then. */
typedef int json_take_number(void *context, const char *key, double value, struct err *e);
int json_each_number(const char *text, json_take_number *take, void *context, struct err *e);

/* The text of a value again, compact, keys in their order, numbers as %.17g shortest that round-trips. */
void json_print(struct str *out, json_value v);

/* ---- writing: append to a str; commas are put where they are needed ---- */

void json_open_object(struct str *s);
void json_close_object(struct str *s);
void json_open_array(struct str *s);
void json_close_array(struct str *s);
void json_put_key(struct str *s, const char *key);
void json_put_text(struct str *s, const char *text); /* NULL gives null; invalid UTF-8 becomes U+FFFD */
void json_put_int(struct str *s, int64_t value);     /* asserts |value| <= 2^53 */
void json_put_id(struct str *s, uint64_t id);        /* as a decimal string */
void json_put_number(
    struct str *s, double value); /* asserts finite: shortest of %.15g, %.16g, %.17g that reads back the same */
void json_put_bool(struct str *s, bool value);
void json_put_null(struct str *s);
void json_put_raw(struct str *s, const char *json); /* already JSON */

/* key and value together */
void json_add_text(struct str *s, const char *key, const char *text);
void json_add_int(struct str *s, const char *key, int64_t value);
void json_add_id(struct str *s, const char *key, uint64_t id);
void json_add_number(struct str *s, const char *key, double value);
void json_add_bool(struct str *s, const char *key, bool value);
void json_add_raw(struct str *s, const char *key, const char *json);

#endif
