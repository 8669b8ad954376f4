#include "coordinator/spare.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"

void spares_deinit(struct spares *s)
{
    free(s->hashes);
    *s = (struct spares){ 0 };
}

void spares_note(struct spares *s, const struct effects *fx)
{
    for (size_t i = 0; i < fx->n_saves; i++) {
        if (fx->saves[i].kind != SAVE_SPARE)
            continue;
        s->hashes = mem_grow(s->hashes, s->n, &s->cap, sizeof *s->hashes);
        str_copy(s->hashes[s->n++], HASH_TEXT, fx->saves[i].as.blob.hash);
    }
}

void spares_forget(struct spares *s)
{
    s->n = 0;
}

/* The rows are asked now, and not when it became spare: a later result of the same turn may have brought it again. */
void spares_remove(struct spares *s, struct store *store, struct blobs *blobs)
{
    for (size_t i = 0; i < s->n; i++) {
        struct err e = { 0 };
        int named = store_names_checkpoint(store, s->hashes[i], &e);
        if (named < 0 || (named == 0 && blobs_remove(blobs, s->hashes[i], &e) < 0))
            log_warn("checkpoint %.12s, which nobody needs, stays: %s", s->hashes[i], e.text);
    }
    s->n = 0;
}
