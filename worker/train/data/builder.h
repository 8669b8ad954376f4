/* builder.h: a data set that grows frame by frame while it is read, within the maxima of limits.h.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_BUILDER_H
#define RUNG_WORKER_TRAIN_DATA_BUILDER_H

#include "worker/train/data/dataset.h"

/* Zeroed, with d.n_features set, is an empty one. d holds the finished sequences and the frames of the open one. */
struct builder {
    struct dataset d;
    size_t cap_numbers, cap_sequences;
};

/* Appends `n` frames to the open sequence. Returns their first number, for the caller to fill: (n, n_features),
 * borrowed until the next call; or NULL with e: ERR_LIMIT. */
float *builder_add_frames(struct builder *b, size_t n, struct err *e);

/* Frames of the open sequence. */
size_t builder_len(const struct builder *b);

/* Closes the open sequence, which has a frame, under this label. */
int builder_end_sequence(struct builder *b, uint32_t label, struct err *e);

/* Names the classes: copies n names. */
void builder_name_classes(struct builder *b, const char *const *names, size_t n);

/* Gives the data set away: *out owns everything, and b is empty. No sequence is open. */
void builder_take(struct builder *b, struct dataset *out);

void builder_deinit(struct builder *b);

#endif
