/* cargo.h: what travels with a campaign: its data, the program and its files, each by the hash of its bytes.
 * Pure: no I/O, no clock, no globals.
 *
 * `trial.blobs` of a canonical campaign and of a GRANT is an array of objects: `path`, where it lay when the campaign
 * was submitted; `hash` and `bytes`; `member`, the member of trial.data that names it, or `file`, its name in the
 * working directory, with `executable`.
 */
#ifndef RUNG_COMMON_PROTO_CARGO_H
#define RUNG_COMMON_PROTO_CARGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct cargo_item {
    char *path;
    char *member, *file; /* one of them; the other NULL */
    char hash[65];
    int64_t bytes;
    bool is_executable;
};

/* Zeroed is empty; the texts are owned. */
struct cargo {
    struct cargo_item *items;
    size_t n, cap;
};

/* `json` may be NULL: empty. ERR_INVALID for what no program of ours wrote. */
int cargo_read(struct cargo *c, const char *json, struct err *e);
void cargo_put(const struct cargo *c, struct str *out); /* the array; paths as they are in `c` */
void cargo_deinit(struct cargo *c);

/* A new item at the end; copies. `member` or `file` is NULL. */
struct cargo_item *cargo_add(struct cargo *c, const char *path, const char *member, const char *file);

/* Beneath a directory: relative, and no step of it is empty, . or .. */
bool cargo_name_is_valid(const char *name);

/* Appends trial.data with the members that the cargo has replaced by its paths. `data` may be NULL: null. */
void cargo_put_data(const struct cargo *c, const char *data, struct str *out);

#endif
