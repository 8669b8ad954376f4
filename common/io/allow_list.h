/* allow_list.h: whose keys may come in: a directory with one file a key, NAME.pub (key.h).
 *
 * A file that is put there lets its key in as NAME, with the role that it names; removing it shuts it out. Both are
 * seen without a restart: allow_list_refresh is cheap when nothing has changed, so it is called before each decision.
 * A file that cannot be read, or says no role, lets nobody in and is named in the log.
 */
#ifndef RUNG_COMMON_IO_ALLOW_LIST_H
#define RUNG_COMMON_IO_ALLOW_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/io/key.h"

struct allow_list;

/* The directory need not be there yet: then nobody may come in. Returns owned. */
struct allow_list *allow_list_open(const char *directory);
void allow_list_close(struct allow_list *l); /* accepts NULL */

/* Looks whether names came or went; with is_thorough also whether a file changed in place. True when it was read anew.
 * While the directory cannot be read the list stays as it was, which is logged. */
bool allow_list_refresh(struct allow_list *l, bool is_thorough);

/* The entry of this public key, or NULL. Borrows until the next refresh. */
const struct key *allow_list_find(const struct allow_list *l, const char *public_key);

size_t allow_list_n(const struct allow_list *l);
const struct key *allow_list_at(const struct allow_list *l, size_t i); /* ascending by name */

#endif
