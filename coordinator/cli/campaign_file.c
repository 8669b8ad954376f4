#include "coordinator/cli/campaign_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/expr/campaign_read.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "common/proto/campaign.h"

/* The absolute directory in which `path` lies, or the working directory for standard input. Returns owned, or NULL with
 * e. */
static char *directory_of(const char *path, struct err *e)
{
    struct str absolute = { 0 };
    if (file_absolute(path ? path : ".", &absolute, e) < 0)
        return NULL;
    char *text = str_take(&absolute), *slash = path ? strrchr(text, '/') : NULL;
    if (slash)
        slash[slash == text] = '\0';
    return text;
}

/* A built-in program cannot begin without its files; a command may have a meaning of its own for these names. */
static void look_for_files(struct campaign_file *f)
{
    static const char *const keys[] = { "train", "test" };
    struct json_doc *doc =
        f->spec.trial.program ? json_parse(f->spec.trial.data, strlen(f->spec.trial.data), NULL) : NULL;
    for (int i = 0; doc && i < 2; i++) {
        json_value file = json_get(json_root(doc), keys[i]);
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/trial/data/%s", keys[i]);
        if (file && json_type(file) == JSON_TEXT && access(json_text(file), R_OK) != 0)
            problems_add(&f->problems, pointer, "no such file that can be read: %s", json_text(file));
    }
    json_free(doc);
    campaign_locate(&f->problems, str_text(&f->text), f->text.len);
}

/* Whether the data can be read, and the largest trial fits. */
static void find_largest(struct campaign_file *f)
{
    struct err why = { 0 };
    if (largest_find(&f->largest, &f->spec, f->expr, &why) < 0)
        problems_add(&f->problems, "/trial/data", "%s", why.text);
    else
        largest_check(&f->largest, &f->spec, system_memory_bytes(), &f->problems);
    campaign_locate(&f->problems, str_text(&f->text), f->text.len);
}

int campaign_file_read(struct campaign_file *f, const char *path,
    int (*check_data)(json_value data, const char *pointer, struct err *e), struct err *e)
{
    bool is_input = strcmp(path, "-") == 0;
    *f = (struct campaign_file){ .name = is_input ? "standard input" : path };
    if (file_read(is_input ? "/dev/stdin" : path, LIMIT_CAMPAIGN_FILE, &f->text, e) < 0)
        return -1;
    char *directory = directory_of(is_input ? NULL : path, e);
    if (!directory)
        return -1;
    struct campaign_source source = { str_text(&f->text), f->text.len, directory, check_data };
    f->is_right = campaign_read(&source, &f->spec, &f->problems) == 0;
    free(directory);
    if (!f->is_right)
        return 0;
    look_for_files(f);
    f->expr = expr_open(&f->spec, e);
    if (!f->expr)
        return -1;
    if (f->problems.n == 0)
        find_largest(f);
    f->is_right = f->problems.n == 0;
    return 0;
}

void problems_add_json(const char *key, const struct problems *list, struct str *out)
{
    json_put_key(out, key);
    json_open_array(out);
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(out);
        json_add_text(out, "pointer", list->items[i].pointer);
        json_add_int(out, "line", list->items[i].line);
        json_add_text(out, "message", list->items[i].text);
        json_close_object(out);
    }
    json_close_array(out);
}

void campaign_file_add_json(const struct campaign_file *f, struct str *out)
{
    json_add_text(out, "file", f->name);
    json_add_bool(out, "is_right", f->is_right);
    problems_add_json("problems", &f->problems, out);
    json_add_int(out, "problems_not_shown", (int64_t)f->problems.n_dropped);
}

void campaign_file_deinit(struct campaign_file *f)
{
    expr_close(f->expr);
    campaign_spec_deinit(&f->spec);
    problems_deinit(&f->problems);
    str_deinit(&f->text);
    f->expr = NULL;
}
