/* campaign_file.h: a campaign file as a command is given it: read, parsed, its SQL compiled, the files that it names
 * looked for. */
#ifndef RUNG_COORDINATOR_CLI_CAMPAIGN_FILE_H
#define RUNG_COORDINATOR_CLI_CAMPAIGN_FILE_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/expr/expr.h"
#include "common/proto/json.h"
#include "coordinator/cli/largest.h"

struct campaign_file {
    const char *name; /* for messages: as it was given, "standard input" for "-"; borrowed */
    struct str text;
    struct problems problems; /* by line; none when is_right */
    bool is_right;
    struct campaign_spec spec; /* when is_right */
    struct expr *expr;         /* when is_right */
    struct largest largest;    /* when is_right: the trial that needs the most memory */
};

/* Reads `path` ("-": standard input, its names relative to the working directory), and the data that a built-in program
 * would train on: what a trial could not read, or has not the memory for, is a mistake of the file. Returns 0 also when
 * the file has mistakes: see `problems`; -1 with e when it cannot be read. check_data as in struct campaign_source. The
 * caller's afterwards: campaign_file_deinit in any case. */
int campaign_file_read(struct campaign_file *f, const char *path,
    int (*check_data)(json_value data, const char *pointer, struct err *e), struct err *e);
void campaign_file_deinit(struct campaign_file *f);

/* Adds to an open JSON object what every command says of its file: file, is_right, problems. */
void campaign_file_add_json(const struct campaign_file *f, struct str *out);

/* The problems as an array of {pointer, line, message}. */
void problems_add_json(const char *key, const struct problems *list, struct str *out);

#endif
