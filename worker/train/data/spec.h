/* spec.h: which data a campaign trains on, read from the `trial.data` of its file.
 * Pure: no I/O, no clock, no globals.
 *
 *     {"format": "arabic-digit", "train": path, "test": path, "classes": 20, "validation": {"by": "speaker"}}
 *     {"format": "ts", "train": path, "test": path, "validation": {"share": 0.2, "by": "stratified"}}
 *     {"format": "synthetic", "sequences": 2000, "test_sequences": 500, "seed": 1, "validation": "test"}
 *     {"format": "synthetic", "validation": "none", "evaluate": "test"}
 *
 * Only `format`, and `train` where it is a file, must be there. README.md says what each member means. The
 * library data_spec holds this file alone, so that `rung check` can use it.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_SPEC_H
#define RUNG_WORKER_TRAIN_DATA_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/proto/json.h"

enum data_format { DATA_ARABIC_DIGIT, DATA_TS, DATA_SYNTHETIC, DATA_N_FORMATS };

enum data_validation {
    DATA_BY_KNOWN,      /* the default: by speaker where the format knows speakers, else stratified */
    DATA_BY_SPEAKER,    /* no speaker is on both sides */
    DATA_BY_STRATIFIED, /* every class gives its share */
    DATA_BY_TEST,       /* the test set itself, for likeness with published figures only: the record says so */
    DATA_BY_NONE        /* nothing validates: all of the training set trains, for a model that was chosen before */
};

#define DATA_PATH 4096 /* bytes of a path, with its NUL */
#define DATA_MAX_FILES 2
#define DATA_SYNTHETIC_MIN 40      /* sequences of a synthetic training set: two a class */
#define DATA_SYNTHETIC_MAX 1000000 /* and of any synthetic set: about 2 GiB */

struct data_spec {
    enum data_format format;
    char train[DATA_PATH]; /* empty for the synthetic format */
    char test[DATA_PATH];  /* empty: there is none */
    uint32_t n_classes;    /* arabic-digit: 20 (digit, and 10 + digit for female speakers) or 10 (digit); others: 0 */
    uint32_t n_sequences;  /* synthetic: of the training set */
    uint32_t n_test;       /* synthetic: of the test set; 0: there is none */
    uint64_t seed;         /* synthetic: of the generator, not of the campaign */
    enum data_validation validation;
    double validation_share; /* of the training sequences, in (0, 1) */
    bool evaluates_test; /* a trial measures the test set too, at the end of each budget; nothing is decided by it */
};

/* Reads `v`, which stands at JSON pointer `pointer` of its document ("/trial/data"). Reads no file and does not look
 * for one. Fails with ERR_INVALID and a text that begins with the pointer at fault: "/trial/data/trian: unknown key;
 * did you mean \"train\"?". v may be NULL, which is "missing". spec is untouched on failure. */
int data_spec_parse(struct data_spec *spec, json_value v, const char *pointer, struct err *e);

/* The same checks, for a caller that wants the verdict alone. */
int data_spec_check(json_value v, const char *pointer, struct err *e);

/* Is there a test set? */
bool data_spec_has_test(const struct data_spec *spec);

/* A file that a spec names. Both borrow: key for ever, path until the spec changes. */
struct data_file {
    const char *key; /* its member of the JSON: "train" or "test" */
    const char *path;
};

/* Lists the files that must be there before the data can be read; returns how many: 0 for the synthetic format. */
size_t data_spec_files(const struct data_spec *spec, struct data_file files[DATA_MAX_FILES]);

/* "arabic-digit", "ts", "synthetic": as the JSON has it. */
const char *data_format_name(enum data_format format);

#endif
