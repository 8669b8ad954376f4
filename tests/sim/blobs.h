/* blobs.h: checkpoints: what is in them, and who has them. A blob's number stands in its name, so that nothing has to
 * be looked up.
 */
#ifndef RUNG_TESTS_SIM_BLOBS_H
#define RUNG_TESTS_SIM_BLOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOB_NAME 65
#define BLOB_BYTES 10 /* the size of each */

struct blob {
    uint64_t config; /* digest of the configuration that it was trained with */
    int64_t step;
    uint32_t salt;   /* of the attempt that wrote it */
    unsigned agents; /* bit i: in the cache of agent i */
    bool is_stored;  /* the coordinator has it on disk */
};

/* Zeroed is empty. */
struct blobs {
    struct blob *list;
    size_t n, cap;
};

void blobs_deinit(struct blobs *b);
int blobs_add(struct blobs *b, struct blob blob); /* its number */
void blob_name(int number, char name[BLOB_NAME]);
int blob_number(const struct blobs *b, const char *name); /* -1: no such blob */

#endif
