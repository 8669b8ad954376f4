#include "coordinator/cli/launch_plan.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/io/files.h"
#include "common/proto/json.h"

#define MODE 0700
#define FILE_BYTES (1 << 20)

int launch_plan_init(struct launch_plan *p, const char *store, const char *campaign, struct err *e)
{
    *p = (struct launch_plan){ 0 };
    if (!str_copy(p->campaign, sizeof p->campaign, campaign) || strchr(campaign, '/') || *campaign == '.')
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\"", campaign);
    if (file_absolute(store, &p->directory, e) < 0)
        return -1;
    str_addf(&p->directory, "/launch/%s", campaign);
    return 0;
}

void launch_plan_deinit(struct launch_plan *p)
{
    str_deinit(&p->directory);
    str_deinit(&p->address);
    str_deinit(&p->key);
    str_deinit(&p->hosts);
    str_deinit(&p->commands);
    for (int i = 0; i < p->n_words; i++)
        str_deinit(&p->words[i]);
    *p = (struct launch_plan){ 0 };
}

void launch_plan_add_word(struct launch_plan *p, const char *word)
{
    assert(p->n_words < LAUNCH_WORDS);
    str_add(&p->words[p->n_words++], word);
}

static void add_file(const struct launch_plan *p, struct str *path)
{
    str_addf(path, "%s/launch.json", str_text(&p->directory));
}

/* ---- load ---- */

static int read_words(struct launch_plan *p, json_value words, struct err *e)
{
    for (json_value word = json_first(words); word; word = json_next(word)) {
        if (json_type(word) != JSON_TEXT || p->n_words == LAUNCH_WORDS)
            return err_set(e, ERR_INVALID, "words: at most %d texts are expected", LAUNCH_WORDS);
        launch_plan_add_word(p, json_text(word));
    }
    return 0;
}

static int read_plan(struct launch_plan *p, json_value root, struct err *e)
{
    const char *launcher, *address, *key, *hosts, *commands;
    if (json_want_text(root, "launcher", &launcher, e) < 0 || json_want_int(root, "workers", &p->n_workers, e) < 0 ||
        json_want_int(root, "slots", &p->slots, e) < 0 || json_want_int(root, "idle_exit", &p->idle_exit_s, e) < 0 ||
        json_want_text(root, "address", &address, e) < 0 || json_want_text(root, "key", &key, e) < 0 ||
        json_want_text(root, "hosts", &hosts, e) < 0 || json_want_bool(root, "copy", &p->is_copied, e) < 0 ||
        json_want_text(root, "commands", &commands, e) < 0)
        return -1;
    if (!str_copy(p->launcher, sizeof p->launcher, launcher))
        return err_set(e, ERR_INVALID, "launcher: the name is too long");
    str_add(&p->address, address);
    str_add(&p->key, key);
    str_add(&p->hosts, hosts);
    str_add(&p->commands, commands);
    return read_words(p, json_get(root, "words"), e);
}

int launch_plan_load(struct launch_plan *p, struct err *e)
{
    struct str path = { 0 }, text = { 0 };
    struct json_doc *doc = NULL;
    add_file(p, &path);
    int status = 0;
    if (access(path.text, F_OK) == 0) {
        status = file_read(path.text, FILE_BYTES, &text, e);
        doc = status == 0 ? json_parse(text.text, text.len, e) : NULL;
        status = doc && read_plan(p, json_root(doc), e) == 0 ? 1 : err_prefix(e, "%s", path.text);
    }
    json_free(doc);
    str_deinit(&text);
    str_deinit(&path);
    return status;
}

/* ---- save ---- */

int launch_plan_save(const struct launch_plan *p, struct err *e)
{
    struct str path = { 0 }, json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "launcher", p->launcher);
    json_add_int(&json, "workers", p->n_workers);
    json_add_int(&json, "slots", p->slots);
    json_add_int(&json, "idle_exit", p->idle_exit_s);
    json_add_text(&json, "address", str_text(&p->address));
    json_add_text(&json, "key", str_text(&p->key));
    json_add_text(&json, "hosts", str_text(&p->hosts));
    json_add_bool(&json, "copy", p->is_copied);
    json_add_text(&json, "commands", str_text(&p->commands));
    json_put_key(&json, "words");
    json_open_array(&json);
    for (int i = 0; i < p->n_words; i++)
        json_put_text(&json, str_text(&p->words[i]));
    json_close_array(&json);
    json_close_object(&json);
    str_add_char(&json, '\n');
    add_file(p, &path);
    int status = file_make_directory(str_text(&p->directory), MODE, e);
    if (status == 0)
        status = file_write(path.text, json.text, json.len, 0600, e);
    str_deinit(&json);
    str_deinit(&path);
    return status;
}

int launch_plan_forget(const struct launch_plan *p, struct err *e)
{
    struct str parent = { 0 };
    str_addf(&parent, "%.*s", (int)(p->directory.len - strlen(p->campaign) - 1), str_text(&p->directory));
    int fd = open(parent.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? err_set_errno(e, "open %s", parent.text) : file_remove_tree(fd, p->campaign, e);
    if (fd >= 0)
        close(fd);
    str_deinit(&parent);
    return status;
}
