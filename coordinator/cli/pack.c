#include "coordinator/cli/pack.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/io/known_hash.h"
#include "common/proto/cargo.h"
#include "common/proto/json.h"
#include "common/proto/placeholder.h"

#define LARGE_BYTES (INT64_C(256) << 20) /* takes long enough to be announced */

struct packing {
    const struct campaign_spec *spec;
    struct cargo cargo;
    struct str cache;
};

static bool is_file(const char *path, struct stat *st)
{
    return stat(path, st) == 0 && S_ISREG(st->st_mode);
}

static int fill(const struct packing *p, struct cargo_item *item, const struct stat *st, struct err *e)
{
    if ((int64_t)st->st_size >= LARGE_BYTES)
        fprintf(stderr, "rung: reading %s, %lld MB\n", item->path, (long long)st->st_size >> 20);
    item->is_executable = st->st_mode & S_IXUSR;
    return known_hash(str_text(&p->cache), item->path, item->hash, &item->bytes, e);
}

static bool is_packed(const struct packing *p, const char *file)
{
    for (size_t i = 0; i < p->cargo.n; i++)
        if (str_equal(p->cargo.items[i].file, file))
            return true;
    return false;
}

/* A file beneath the campaign's directory; `must_be` unless it is only a word that might be one. */
static int pack_file(struct packing *p, const char *name, bool must_be, struct err *e)
{
    struct str path = { 0 };
    struct stat st;
    int status = 0;
    while (str_starts(name, "./"))
        name += 2;
    if (!cargo_name_is_valid(name) || is_packed(p, name))
        return 0;
    str_addf(&path, "%s/%s", p->spec->trial.directory, name);
    if (is_file(path.text, &st))
        status = fill(p, cargo_add(&p->cargo, path.text, NULL, name), &st, e);
    else if (must_be)
        status = err_set(e, ERR_NOT_FOUND, "/trial/files: %s is not a file", path.text);
    str_deinit(&path);
    return status;
}

/* The program itself is looked for in PATH, unless it has a slash. */
static int pack_words(struct packing *p, struct err *e)
{
    const struct trial_spec *trial = &p->spec->trial;
    for (int i = 0; i < trial->n_command; i++) {
        const char *word = trial->command[i];
        bool may_be_file = *word != '-' && (i > 0 || strchr(word, '/')) && !placeholder_is_in(word);
        if (may_be_file && pack_file(p, word, false, e) < 0)
            return -1;
    }
    for (int i = 0; i < trial->n_files; i++)
        if (pack_file(p, trial->files[i], true, e) < 0)
            return -1;
    return 0;
}

static int pack_data(struct packing *p, struct err *e)
{
    static const char *const members[] = { "train", "test" };
    const char *data = p->spec->trial.data;
    struct json_doc *doc = data ? json_parse(data, strlen(data), NULL) : NULL;
    int status = 0;
    for (size_t i = 0; doc && status == 0 && i < 2; i++) {
        json_value v = json_get(json_root(doc), members[i]);
        struct stat st;
        if (v && json_type(v) == JSON_TEXT && is_file(json_text(v), &st))
            status = fill(p, cargo_add(&p->cargo, json_text(v), members[i], NULL), &st, e);
    }
    json_free(doc);
    return status;
}

int pack_campaign(struct campaign_spec *spec, struct err *e)
{
    struct packing p = { .spec = spec };
    struct str text = { 0 };
    known_hash_cache(&p.cache, "/nonexistent");
    int status = pack_data(&p, e);
    if (status == 0 && spec->trial.command)
        status = pack_words(&p, e);
    if (status == 0 && (p.cargo.n > 0 || spec->trial.command)) {
        cargo_put(&p.cargo, &text);
        spec->trial.blobs = str_take(&text);
    }
    cargo_deinit(&p.cargo);
    str_deinit(&p.cache);
    return status;
}
