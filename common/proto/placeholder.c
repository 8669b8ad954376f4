#include "common/proto/placeholder.h"

#include <string.h>

#include "common/base/limits.h"
#include "common/domain/space.h"

const char *const placeholder_ours[] = { "budget_from", "budget_to", "seed", "campaign_seed", "checkpoint_in",
    "checkpoint_out", "config", "data", "directory", "campaign", "trial", "lease", "slot", "cores", "metric" };
const size_t placeholder_n_ours = sizeof placeholder_ours / sizeof *placeholder_ours;

/* The length of a placeholder that begins at `text`, its name in `name`; 0 when none does. */
static size_t read_one(const char *text, char name[LIMIT_NAME + 1])
{
    if (!str_starts(text, "${"))
        return 0;
    size_t len = strcspn(text + 2, "}");
    if (text[2 + len] != '}' || len == 0 || len > LIMIT_NAME)
        return 0;
    memcpy(name, text + 2, len);
    name[len] = '\0';
    return name_is_valid(name) ? len + 3 : 0;
}

bool placeholder_expand(const char *word, placeholder_fn value, void *context, struct str *out)
{
    char name[LIMIT_NAME + 1];
    bool is_whole = true;
    while (*word) {
        size_t len = read_one(word, name);
        if (len > 0) {
            is_whole &= value(context, name, out);
        } else if (str_starts(word, "$${")) {
            str_add(out, "${");
            len = 3;
        } else {
            str_add_char(out, *word);
            len = 1;
        }
        word += len;
    }
    return is_whole;
}

static bool note(void *context, const char *name, struct str *out)
{
    *(bool *)context = true;
    return true;
}

bool placeholder_is_in(const char *word)
{
    struct str ignored = { 0 };
    bool is_in = false;
    placeholder_expand(word, note, &is_in, &ignored);
    str_deinit(&ignored);
    return is_in;
}

bool placeholder_is_alone(const char *word)
{
    char name[LIMIT_NAME + 1];
    size_t len = read_one(word, name);
    return len > 0 && word[len] == '\0';
}

void placeholder_put_value(json_value v, struct str *out)
{
    struct str json = { 0 }; /* of its own: behind other text a comma would come first */
    if (json_type(v) == JSON_TEXT)
        str_add(out, json_text(v));
    else
        json_print(&json, v);
    str_add(out, str_text(&json));
    str_deinit(&json);
}
