/* safetensors.h: a safetensors file that was read: named tensors of numbers, and texts about them.
 * https://huggingface.co/docs/safetensors: 8 bytes of length, a JSON header of that length, then the numbers.
 *
 * Nothing in such a file is believed: lengths, shapes and places are checked when it is opened.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_SAFETENSORS_H
#define RUNG_WORKER_TRAIN_RUN_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/proto/json.h"

struct safetensors {
    struct str bytes; /* the whole file */
    struct json_doc *header;
    size_t data; /* where the numbers begin */
};

/* Fails with ERR_NOT_FOUND, ERR_IO, or ERR_CORRUPT, naming the tensor at fault: one that ends before it begins, lies
 * beyond the file, overlaps another, or has not as many bytes as its shape and type say. safetensors_close accepts a
 * zeroed struct. */
int safetensors_open(struct safetensors *s, const char *path, struct err *e);
void safetensors_close(struct safetensors *s);

/* The object of texts, or NULL. */
json_value safetensors_metadata(const struct safetensors *s);

/* Rows and columns of a tensor; cols is 0 for a vector. False when it is not there, or has more axes. */
bool safetensors_shape(const struct safetensors *s, const char *name, size_t *rows, size_t *cols);

/* Copies a tensor of single precision and exactly this shape; cols is 0 for a vector. Fails with ERR_CORRUPT. */
int safetensors_read(
    const struct safetensors *s, const char *name, size_t rows, size_t cols, float *out, struct err *e);

#endif
