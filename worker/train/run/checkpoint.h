/* checkpoint.h: a trainer's state as a file: weights, Adam's moments, the schedule, the position.
 *
 * The file, little-endian: the magic "RUNGCKPT", a version, the sizes of what follows, then the settings as JSON text,
 * the moments of the features, parameters, first and second moments of Adam, and at the end the crc32c of all before
 * it. A file that is cut, damaged, or belongs to other settings, data or another seed is refused, and nothing of it is
 * used.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_CHECKPOINT_H
#define RUNG_WORKER_TRAIN_RUN_CHECKPOINT_H

#include "common/base/err.h"
#include "worker/train/run/trainer.h"

/* Writes to a name beside `path`, forces it to disk and renames it, so that `path` is always whole. Fails with ERR_IO.
 */
int checkpoint_save(const struct trainer *t, const char *path, struct err *e);

/* Puts t, as trainer_new made it, where the file says. Fails with ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT for bytes that are
 * not a whole checkpoint, and ERR_STATE for one that belongs to another training; t is unchanged then. */
int checkpoint_load(struct trainer *t, const char *path, struct err *e);

/* What a checkpoint says about the training that it belongs to. */
struct checkpoint_about {
    enum model_kind kind;
    struct settings settings;
    uint64_t seed, epochs;
};

/* Reads a whole checkpoint and tells what it is, without a trainer. Errors as checkpoint_load. */
int checkpoint_read_about(struct checkpoint_about *about, const char *path, struct err *e);

#endif
