#include "tests/sim/blobs.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void blobs_deinit(struct blobs *b)
{
    free(b->list);
    *b = (struct blobs){ 0 };
}

int blobs_add(struct blobs *b, struct blob blob)
{
    b->list = mem_grow(b->list, b->n, &b->cap, sizeof *b->list);
    b->list[b->n] = blob;
    return (int)b->n++;
}

void blob_name(int number, char name[BLOB_NAME])
{
    memset(name, 'b', BLOB_NAME - 1);
    for (int i = 0; i < 8; i++)
        name[i] = "0123456789abcdef"[(unsigned)number >> (28 - 4 * i) & 15];
    name[BLOB_NAME - 1] = 0;
}

int blob_number(const struct blobs *b, const char *name)
{
    unsigned number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 4 | (unsigned)(name[i] <= '9' ? name[i] - '0' : name[i] - 'a' + 10);
    return name[8] == 'b' && number < b->n ? (int)number : -1;
}
