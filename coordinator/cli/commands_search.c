#include "coordinator/cli/commands_search.h"

#include <stdio.h>

#include "coordinator/cli/replay.h"

/* clang-format off */
const struct option_row search_replay_rows[] = {
    STORE_ROW,
    { "campaign", 'C', "NAME", "of this campaign (default: of all)" },
    JSON_ROW,
    { 0 },
};
const char search_replay_detail[] =
    "STORE is the directory (default: " DEFAULT_STORE "), in use or not. Each decision is\n"
    "computed once more from the rows before it, and compared with the one that was\n"
    "kept, bit for bit; the first that differs is named. Exit 0: all agree; 1: not.\n";
/* clang-format on */

int search_replay(const struct options *o, struct err *e)
{
    const char *store = options_text(o, "store", DEFAULT_STORE);
    if (o->n_words > 0 && options_has(o, "store"))
        return err_set(e, ERR_USAGE, "the store is %s or %s, not both", o->words[0], store);
    return cli_replay(
        o->n_words > 0 ? o->words[0] : store, options_text(o, "campaign", NULL), options_has(o, "json"), stdout, e);
}
