/* message.h: what goes over the wire, as structs; bytes to messages and back. All of it is made from
 * schemas/messages.def, which says what each message and field means.
 * Pure: no I/O, no clock, no globals.
 *
 *     struct message m;
 *     if (message_decode(frame, len, &m, &e) < 0) …
 *     if (m.type == MESSAGE_ASK) … m.as.ask.free …
 *     message_deinit(&m);
 *
 *     struct message m = { .type = MESSAGE_WHO, .as.who = { .boot = boot } };
 *     message_encode(&m, &frame);
 */
#ifndef RUNG_COMMON_PROTO_MESSAGE_H
#define RUNG_COMMON_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#define MESSAGE_PROTOCOL 1 /* the form of frames and fields that this program speaks */
#define MESSAGE_HEADER 20  /* bytes before the JSON */

/* ---- struct record_lease_ref, struct message_hello, … : one member a field; a list is `name` and `n_name` ---- */

/* clang-format off */
#define FIELD_TYPE_id uint64_t
#define FIELD_TYPE_int int64_t
#define FIELD_TYPE_number double
#define FIELD_TYPE_bool bool
#define FIELD_TYPE_text const char *
#define FIELD_TYPE_json const char *

#define RECORD(name, meaning) struct record_##name {
#define MESSAGE(name, NAME, number, from, meaning) struct message_##name {
#define FIELD(type, name, maximum, meaning) FIELD_TYPE_##type name;
#define LIST(record, name, maximum, meaning) const struct record_##record *name; size_t n_##name;
#define END };
/* clang-format on */
#include "schemas/messages.def"

/* MESSAGE_HELLO = 1, … */
enum message_type {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) MESSAGE_##NAME = number,
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
};

enum message_sender { SENDER_WORKER, SENDER_COORDINATOR, SENDER_CLIENT, SENDER_ANY };

struct message_memory; /* what a decoded message owns */

struct message {
    enum message_type type;
    union {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) struct message_##name name;
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    } as;
    const void *tail; /* raw bytes behind the JSON: BLOB_PUT and BLOB_DATA alone; NULL when there are none */
    size_t tail_len;
    struct message_memory *owned; /* private to message.c: leave it NULL in messages that you make */
};

/* Reads one frame. On success texts, JSON texts (printed compactly again) and lists in *out live until message_deinit;
 * `tail` borrows from `frame`. On failure *out is untouched, and e->code tells:
 *   ERR_CORRUPT    not our frame: magic, lengths or checksum
 *   ERR_LIMIT      more than LIMIT_FRAME bytes
 *   ERR_REFUSED    another protocol number
 *   ERR_NOT_FOUND  an unknown type: answer ERROR, and go on
 *   ERR_INVALID    the JSON or a field breaks the schema; the text names both: "grant: \"config\" is missing: …"
 * A null stands for an absent field where it may be absent. Who may send what is the caller's to check. */
int message_decode(const void *frame, size_t len, struct message *out, struct err *e);

/* Frees what message_decode made; a zeroed message is fine, and so is one that you filled yourself (its texts stay
 * yours). Leaves it zeroed. */
void message_deinit(struct message *m);

/* Appends m as one frame to `frame`. Optional fields that are 0, false or NULL are left out. Asserts every maximum,
 * that no required text is NULL and that numbers are finite; JSON texts are taken as they are. In texts, bytes that are
 * not UTF-8 become U+FFFD, and what that makes too long is cut at its end. Returns false and appends nothing when the
 * frame would be longer than LIMIT_FRAME: only RESULT, FAIL, GRANT, SUBMIT and STATUS_REPLY can come to that. */
bool message_encode(const struct message *m, struct str *frame);

const char *message_name(enum message_type type);         /* "hello"; "unknown" for a number that is none */
enum message_sender message_from(enum message_type type); /* who may send it */
bool message_may_come_from(enum message_type type, enum message_sender sender); /* `sender`, or any */

#endif
