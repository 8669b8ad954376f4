/* placeholder.h: ${name} in the words of a command: parameters, and what Rung says about the attempt.
 * Pure: no I/O, no clock, no globals.
 *
 * A word is a word of the program's argv whatever stands in it: nothing is split, quoted or given to a shell. $${
 * stands for ${ itself; a ${ that no name and no } follow is what it is.
 */
#ifndef RUNG_COMMON_PROTO_PLACEHOLDER_H
#define RUNG_COMMON_PROTO_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"
#include "common/proto/json.h"

/* What may be named beside parameters, which go first: schemas/trial-contract.md. */
extern const char *const placeholder_ours[];
extern const size_t placeholder_n_ours;

/* Appends the value of a name; false when it has none. */
typedef bool (*placeholder_fn)(void *context, const char *name, struct str *out);

/* Appends the word with its placeholders replaced. False when one of them has no value: `out` is then as far as it
 * went. Every name is asked for all the same. */
bool placeholder_expand(const char *word, placeholder_fn value, void *context, struct str *out);

bool placeholder_is_in(const char *word);    /* has at least one */
bool placeholder_is_alone(const char *word); /* is nothing but one: "${x}" */

/* A parameter's value as a word or a variable: a text as it is, a number and true or false as in JSON. */
void placeholder_put_value(json_value v, struct str *out);

#endif
