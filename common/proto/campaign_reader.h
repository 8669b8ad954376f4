/* campaign_reader.h: what the parts of the campaign file's reader share. For campaign*.c alone.
 * Pure: no I/O, no clock, no globals.
 *
 * Every function that reads a value adds what is wrong with it and returns false; the caller then leaves its own field
 * as it was and reads on.
 */
#ifndef RUNG_COMMON_PROTO_CAMPAIGN_READER_H
#define RUNG_COMMON_PROTO_CAMPAIGN_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/proto/json.h"

struct reader {
    struct campaign_spec *spec;
    struct problems *problems;
    const char *directory; /* of the campaign file; NULL for canonical text, which names it */
    bool is_canonical;
    bool is_space_good; /* read without a mistake; a built-in may still find its values out of range */
};

/* A JSON pointer by value; one too long to hold is cut, and then still names an ancestor. */
struct pointer {
    char text[512];
};
struct pointer pointer_to(const char *parent, const char *key);
struct pointer pointer_at(const char *parent, size_t index);

/* One member of an object: how it is called, whether it must be there, and who reads it. */
struct field {
    const char *key;
    bool is_required;
    const char *expected; /* what to say when it is missing */
    void (*read)(struct reader *r, json_value v, const char *pointer);
};

/* Reads `v` as an object of these fields: unknown keys and missing ones are mistakes. */
void read_fields(struct reader *r, json_value v, const char *pointer, const struct field *fields, size_t n);

/* "<what v is>: expected <expected>" at pointer; returns false, so that `return read_refuse(...)` reads well. */
bool read_refuse(struct reader *r, json_value v, const char *pointer, const char *expected, ...)
    __attribute__((format(printf, 4, 5)));

/* An unknown key or word, with the nearest of `words` if one is near. */
void read_unknown(struct reader *r, const char *pointer, const char *what, const char *word, const char *const *words,
    size_t n_words);

bool read_int(struct reader *r, json_value v, const char *pointer, int64_t low, int64_t high, int64_t *out);
bool read_bool(struct reader *r, json_value v, const char *pointer, bool *out);
bool read_text(struct reader *r, json_value v, const char *pointer, size_t max_bytes, const char **out);
bool read_object(struct reader *r, json_value v, const char *pointer);
bool read_array(struct reader *r, json_value v, const char *pointer, size_t min, size_t max);

/* One of n words; *out is its index. */
bool read_word(struct reader *r, json_value v, const char *pointer, const char *const *words, size_t n,
    const char *what, int *out);

/* The value as a person would write it, cut when long: 1.5, "abc", an object. Appends. */
void put_found(struct str *s, json_value v);

/* The value as JSON with the keys of its objects in the order of the alphabet. Appends. */
void put_sorted(struct str *s, json_value v);

/* The parts of the file. */
void read_trial(struct reader *r, json_value v, const char *pointer);  /* campaign_trial.c */
void read_space(struct reader *r, json_value v, const char *pointer);  /* campaign_space.c */
void read_search(struct reader *r, json_value v, const char *pointer); /* campaign_search.c */
void read_limits(struct reader *r, json_value v, const char *pointer); /* campaign_search.c */

/* What only shows once all parts are read: campaign_relations.c. */
void check_relations(struct reader *r, json_value root);

/* campaign_command.c */
void read_command(struct reader *r, json_value v, const char *pointer);
void check_command(struct reader *r, json_value root); /* the parameters that its words name */

#endif
