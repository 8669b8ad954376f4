/* campaign_command.c: `trial.command` of the campaign file: its words, and the parameters that they name. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/campaign_reader.h"
#include "common/proto/placeholder.h"

void read_command(struct reader *r, json_value v, const char *pointer)
{
    struct trial_spec *trial = &r->spec->trial;
    const char *word;
    if (!read_array(r, v, pointer, 1, LIMIT_COMMAND))
        return;
    trial->command = mem_zalloc(json_len(v), sizeof *trial->command);
    for (json_value entry = json_first(v); entry; entry = json_next(entry)) {
        struct pointer at = pointer_at(pointer, (size_t)trial->n_command);
        if (!read_text(r, entry, at.text, LIMIT_COMMAND_WORD, &word))
            word = "";
        trial->command[trial->n_command++] = mem_strdup(word);
    }
}

/* ---- once the space is known ---- */

struct naming {
    struct reader *r;
    json_value fixed;
    struct pointer at;
};

static void refuse_name(const struct naming *n, const char *name)
{
    const struct space *space = &n->r->spec->space;
    size_t n_fixed = n->fixed ? json_len(n->fixed) : 0, n_known = 0;
    const char **known = mem_zalloc((size_t)space->n_params + n_fixed + placeholder_n_ours, sizeof *known);
    for (int i = 0; i < space->n_params; i++)
        known[n_known++] = space->params[i].name;
    for (json_value m = n->fixed ? json_first(n->fixed) : NULL; m; m = json_next(m))
        known[n_known++] = json_key(m);
    for (size_t i = 0; i < placeholder_n_ours; i++)
        known[n_known++] = placeholder_ours[i];
    read_unknown(n->r, n->at.text, "parameter", name, known, n_known);
    free((void *)known);
}

static bool check_name(void *context, const char *name, struct str *out)
{
    struct naming *n = context;
    bool is_known = space_find(&n->r->spec->space, name) >= 0 || (n->fixed && json_get(n->fixed, name));
    for (size_t i = 0; i < placeholder_n_ours; i++)
        is_known = is_known || strcmp(placeholder_ours[i], name) == 0;
    if (!is_known)
        refuse_name(n, name);
    return true;
}

void check_command(struct reader *r, json_value root)
{
    const struct trial_spec *trial = &r->spec->trial;
    json_value fixed = json_get(json_get(root, "trial"), "fixed");
    struct naming n = { .r = r, .fixed = fixed && json_type(fixed) == JSON_OBJECT ? fixed : NULL };
    for (int i = 0; i < trial->n_command; i++) {
        struct str ignored = { 0 };
        n.at = pointer_at("/trial/command", (size_t)i);
        if (i == 0 && placeholder_is_in(trial->command[0]))
            problems_add(r->problems, n.at.text,
                "a parameter in the program's name: expected a program, which a worker can allow by its name");
        else
            placeholder_expand(trial->command[i], check_name, &n, &ignored);
        str_deinit(&ignored);
    }
}
