/* export.h: a trained model as a safetensors file, for other programs and for `rung-train evaluate`.
 *
 * Tensors have PyTorch's names (rnn.*, attention.*, linear.*) and shapes, all F32. __metadata__ holds texts: "model",
 * "num_heads", "config" (the settings as JSON), "classes" (a JSON list of names), and where features were standardised
 * "mean" and "scale" (JSON lists): the model expects (x - mean) / scale.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_EXPORT_H
#define RUNG_WORKER_TRAIN_RUN_EXPORT_H

#include "common/base/err.h"
#include "worker/train/nn/model.h"
#include "worker/train/run/trainer.h"

/* Writes the present weights of t. Fails with ERR_IO. */
int export_save(const struct trainer *t, const char *path, struct err *e);

/* A model that was read back. */
struct exported {
    struct model *model;
    char **classes;      /* [n_classes] */
    float *mean, *scale; /* [n_features], or NULL */
};

/* Reads what export_save wrote, or another program with the same names: sizes follow from the tensors, "model" and
 * "classes" must be there, and without "num_heads" there is one, without "mean" and "scale" nothing is standardised.
 * Fails with ERR_NOT_FOUND, ERR_IO, or ERR_CORRUPT for anything that is not such a file; x is untouched then.
 * exported_deinit accepts a zeroed struct. */
int export_load(struct exported *x, const char *path, struct err *e);
void exported_deinit(struct exported *x);

#endif
