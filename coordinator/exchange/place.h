/* place.h: where something that is taken out goes: made under a temporary name beside it, and renamed when it is whole.
 *
 * What is there already is not overwritten unless that was asked for. A program that is killed leaves at most the
 * temporary name behind, and never half of a file.
 */
#ifndef RUNG_COORDINATOR_EXCHANGE_PLACE_H
#define RUNG_COORDINATOR_EXCHANGE_PLACE_H

#include <stdbool.h>

#include "common/base/err.h"

struct place {
    char *path;      /* owned: as asked for */
    char *temporary; /* owned: beside it */
    bool is_directory;
};

/* A new place for a file, or for a directory, which is made. ERR_EXISTS when something is there and not is_forced; a
 * directory that is there is only given up when all in it is what `is_ours` knows (by a path relative to it). */
int place_open(struct place *p, const char *path, bool is_directory, bool is_forced, bool (*is_ours)(const char *name),
    struct err *e);

/* Puts it in place, durably. Then, and after any failure, place_close, which removes what was not put in place. */
int place_commit(struct place *p, struct err *e);
void place_close(struct place *p);

#endif
