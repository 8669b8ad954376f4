#include "coordinator/letters.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/proto/message.h"

#define KEPT_BYTES (4 << 20) /* of memory, from one turn to the next */

static void note(struct letters *l, const struct sender *from, size_t at)
{
    l->items = mem_grow(l->items, l->n, &l->cap, sizeof *l->items);
    l->items[l->n++] = (struct letter){ *from, at, l->bytes.len - at };
}

void letters_add(struct letters *l, const struct sender *from, const void *bytes, size_t len)
{
    size_t at = l->bytes.len;
    str_add_bytes(&l->bytes, bytes, len);
    note(l, from, at);
}

bool letters_write(struct letters *l, const struct sender *from, const struct message *m)
{
    size_t at = l->bytes.len;
    if (!message_encode(m, &l->bytes))
        return false;
    note(l, from, at);
    return true;
}

const void *letters_frame(const struct letters *l, size_t i)
{
    return l->bytes.text + l->items[i].at;
}

void letters_clear(struct letters *l)
{
    l->n = 0;
    if (l->bytes.cap > KEPT_BYTES)
        str_deinit(&l->bytes);
    else
        str_clear(&l->bytes);
}

void letters_deinit(struct letters *l)
{
    str_deinit(&l->bytes);
    free(l->items);
    *l = (struct letters){ 0 };
}
