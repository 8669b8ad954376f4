#include "coordinator/cli/commands_keys.h"

#include <string.h>

#include "coordinator/cli/keygen.h"

/* clang-format off */
const struct option_row keys_make_rows[] = {
    { "store", 's', "DIR", "its coordinator lets the key in from now on" },
    { "output", 'o', "FILE", "default: ROLE.key in ~/.config/rung" },
    { "name", 0, "NAME", "what rung keys and rung revoke call it" },
    { 0 },
};
const struct option_row keys_allow_rows[] = { STORE_ROW, { "name", 0, "NAME", "default: the one in the file" }, { 0 } };
const struct option_row keys_list_rows[] = { STORE_ROW, JSON_ROW, { 0 } };
const struct option_row keys_revoke_rows[] = { STORE_ROW, { 0 } };
const struct option_row keys_invite_rows[] = {
    STORE_ROW,
    { "name", 0, "NAME", "of the worker (default: worker-1, worker-2, ...)" },
    { "address", 'a', "ADDRESS", "tcp://HOST:PORT (default: where rungd listens)" },
    { 0 },
};
/* clang-format on */

const char keys_make_detail[] = "ROLE is worker, operator (may do all), viewer (may ask), or server. Writes FILE,\n"
                                "for its owner alone, and FILE.pub, the half for others. With --store the key is\n"
                                "let in there, and the file names that coordinator's key; on another machine,\n"
                                "rung allow FILE.pub lets it in. Then: rung watch --connect tcp://... --key FILE\n";

const char keys_allow_detail[] = "FILE.pub is what rung keygen made beside a key. Look at the role in it first. A\n"
                                 "coordinator that runs sees it at once.\n";

const char keys_list_detail[] = "The first line is the coordinator's own: what --server-key expects elsewhere.\n";

const char keys_revoke_detail[] = "A coordinator that runs sees it at once: what comes by connections that the key\n"
                                  "has open is not read any more, and there will be no other.\n";

const char keys_invite_detail[] = "Prints one line which, pasted on another machine, starts a worker there: a fresh\n"
                                  "key, where the coordinator listens, and how it is known. The secret is in that\n"
                                  "line alone. rung-worker keeps it, so that without options it goes there again.\n";

static const char *store_of(const struct options *o)
{
    return options_text(o, "store", DEFAULT_STORE);
}

int keys_make(const struct options *o, struct err *e)
{
    const struct keygen_options k = { .role = o->words[0],
        .name = options_text(o, "name", NULL),
        .output = options_text(o, "output", NULL),
        .store = options_text(o, "store", strcmp(o->words[0], "server") == 0 ? DEFAULT_STORE : NULL) };
    return cli_keygen(&k, stdout, e);
}

int keys_allow(const struct options *o, struct err *e)
{
    return cli_allow(store_of(o), o->words[0], options_text(o, "name", NULL), stdout, e);
}

int keys_list(const struct options *o, struct err *e)
{
    return cli_keys(store_of(o), options_has(o, "json"), stdout, e);
}

int keys_revoke(const struct options *o, struct err *e)
{
    return cli_revoke(store_of(o), o->words[0], stdout, e);
}

int keys_invite(const struct options *o, struct err *e)
{
    return cli_invite(store_of(o), options_text(o, "name", NULL), options_text(o, "address", NULL), stdout, e);
}
