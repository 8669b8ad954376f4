/* formats.h: one reader a format. Each fills a zeroed *out, or leaves it so and fails as dataset_load does.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_FORMATS_H
#define RUNG_WORKER_TRAIN_DATA_FORMATS_H

#include "worker/train/data/dataset.h"
#include "worker/train/data/lines.h"

/* arabic.c: 13 numbers a line, a blank line behind a sequence; labels and speakers follow from the position. */
int arabic_read(struct dataset *out, struct lines *lines, uint32_t n_classes, struct err *e);

/* ts.c: the text form of the time-series classification archive. */
int ts_read(struct dataset *out, struct lines *lines, struct err *e);

/* synthetic.c: spoken digits that nobody spoke. */
enum synthetic_part { SYNTHETIC_TRAIN, SYNTHETIC_TEST };
int synthetic_make(struct dataset *out, uint32_t n_sequences, enum synthetic_part part, uint64_t seed, struct err *e);

/* The next number of a line at *p, for readers: skips nothing before it. Returns 0 and steps *p behind it, or fails
 * with the line's place: no number, or one that a float cannot hold. */
int format_take_number(const struct lines *lines, const struct line *line, const char **p, float *out, struct err *e);

/* Fails with the line's place: what stands at p is no number. */
int format_refuse_number(const struct lines *lines, const struct line *line, const char *p, struct err *e);

/* The 20 classes of spoken digits: digit for male speakers, 10 + digit for female ones; the first 10 of format_digits
 * for digits alone. */
extern const char *const format_digit_classes[20];
extern const char *const format_digits[10];

#endif
