#include "worker/launch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "worker/slot/start.h"

static void add_word(struct launch *l, const char *word)
{
    l->argv = mem_grow(l->argv, l->n_argv + 1, &l->cap_argv, sizeof *l->argv);
    l->argv[l->n_argv++] = mem_strdup(word);
    l->argv[l->n_argv] = NULL;
}

__attribute__((format(printf, 2, 3))) static void add_variable(struct launch *l, const char *format, ...)
{
    struct str text = { 0 };
    va_list args;
    va_start(args, format);
    str_addv(&text, format, args);
    va_end(args);
    l->environment = mem_grow(l->environment, l->n_environment + 1, &l->cap_environment, sizeof *l->environment);
    l->environment[l->n_environment++] = str_take(&text);
    l->environment[l->n_environment] = NULL;
}

/* One core a trial: slots are what runs in parallel. Somebody who set these for his own command knows why. */
static void add_threads(struct launch *l, bool is_command)
{
    static const char *const names[] = { "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!is_command || !getenv(names[i]))
            add_variable(l, "%s=1", names[i]);
}

static void add_environment(
    struct launch *l, const struct message_grant *grant, int slot, const char *attempt_directory)
{
    add_variable(l, "RUNG_FD=%d", TRIAL_CONTRACT_FD);
    add_variable(l, "RUNG_CAMPAIGN=%s", grant->campaign);
    add_variable(l, "RUNG_TRIAL=%" PRId64, grant->number);
    add_variable(l, "RUNG_LEASE=%" PRIu64, grant->lease);
    add_variable(l, "RUNG_SLOT=%d", slot);
    add_variable(l, "RUNG_WORK_DIRECTORY=%s", attempt_directory);
    add_threads(l, grant->command != NULL);
}

static int add_command_words(struct launch *l, json_value words, struct err *e)
{
    if (json_type(words) != JSON_ARRAY || json_len(words) == 0 || json_len(words) > LIMIT_COMMAND)
        return err_set(e, ERR_INVALID, "the command must be an array of 1 to %d texts", LIMIT_COMMAND);
    for (json_value w = json_first(words); w; w = json_next(w)) {
        if (json_type(w) != JSON_TEXT)
            return err_set(e, ERR_INVALID, "a word of the command is %s: a text is expected", json_type_name(w));
        add_word(l, json_text(w));
    }
    return 0;
}

static int plan_command(struct launch *l, const struct message_grant *grant, struct err *e)
{
    struct json_doc *doc = json_parse(grant->command, strlen(grant->command), e);
    if (!doc)
        return -1;
    int r = add_command_words(l, json_root(doc), e);
    json_free(doc);
    if (r == 0 && grant->directory && access(grant->directory, X_OK) < 0)
        return err_set_errno(
            e, "the campaign's directory %s, where its command runs, is not on this machine", grant->directory);
    return r;
}

static int plan_trainer(struct launch *l, const char *trainer, struct err *e)
{
    if (access(trainer, X_OK) < 0)
        return err_set_errno(e, "the built-in trainer %s", trainer);
    add_word(l, trainer);
    return 0;
}

int launch_plan(struct launch *l, const struct message_grant *grant, int slot, const char *attempt_directory,
    const char *trainer, struct err *e)
{
    int r = grant->command ? plan_command(l, grant, e) : plan_trainer(l, trainer, e);
    if (r < 0)
        return -1;
    bool is_elsewhere = grant->command && grant->directory;
    l->directory = mem_strdup(is_elsewhere ? grant->directory : attempt_directory);
    add_environment(l, grant, slot, attempt_directory);
    return 0;
}

static void free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

void launch_deinit(struct launch *l)
{
    free_list(l->argv, l->n_argv);
    free_list(l->environment, l->n_environment);
    free(l->directory);
    *l = (struct launch){ 0 };
}
