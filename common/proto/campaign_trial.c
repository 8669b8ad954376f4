/* campaign_trial.c: `trial` of the campaign file: which program, on what, with what fixed. */
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/domain/builtin.h"
#include "common/proto/campaign_reader.h"
#include "common/proto/cargo.h"

static void read_program(struct reader *r, json_value v, const char *pointer)
{
    int program;
    if (read_word(r, v, pointer, builtin_programs, BUILTIN_N_PROGRAMS, "program", &program))
        r->spec->trial.program = mem_strdup(builtin_programs[program]);
}

/* Appends `file` as an absolute name. */
static void put_path(struct str *out, const char *directory, const char *file)
{
    struct str path = { 0 };
    while (str_starts(file, "./"))
        file += 2;
    if (directory && *file != '/')
        str_addf(&path, "%s%s", directory, strcmp(directory, "/") == 0 ? "" : "/");
    str_add(&path, file);
    json_put_text(out, str_text(&path));
    str_deinit(&path);
}

/* The object with its file names made absolute. */
static void put_data(struct str *out, const char *directory, json_value v)
{
    json_open_object(out);
    for (json_value m = json_first(v); m; m = json_next(m)) {
        bool is_file = strcmp(json_key(m), "train") == 0 || strcmp(json_key(m), "test") == 0;
        json_put_key(out, json_key(m));
        if (is_file && json_type(m) == JSON_TEXT && *json_text(m))
            put_path(out, directory, json_text(m));
        else
            json_print(out, m);
    }
    json_close_object(out);
}

static void read_data(struct reader *r, json_value v, const char *pointer)
{
    struct str absolute = { 0 }, sorted = { 0 };
    if (!read_object(r, v, pointer))
        return;
    put_data(&absolute, r->directory, v);
    struct json_doc *doc = json_parse(str_text(&absolute), absolute.len, NULL);
    if (doc)
        put_sorted(&sorted, json_root(doc));
    else
        problems_add(r->problems, pointer, "too long once its file names are absolute: expected fewer values");
    r->spec->trial.data = str_take(&sorted);
    json_free(doc);
    str_deinit(&absolute);
}

static void read_fixed_value(struct reader *r, json_value v, const char *pointer)
{
    if (!name_is_valid(json_key(v)))
        problems_add(r->problems, pointer,
            "not a parameter's name: expected letters, digits and _.- (the first a letter or _), at most %d",
            LIMIT_NAME);
    if (json_type(v) == JSON_TEXT && strlen(json_text(v)) > LIMIT_CHOICE_TEXT)
        read_refuse(r, v, pointer, "at most %d bytes", LIMIT_CHOICE_TEXT);
    else if (json_type(v) != JSON_TEXT && json_type(v) != JSON_NUMBER && json_type(v) != JSON_BOOL)
        read_refuse(r, v, pointer, "a number, a text, true or false");
}

static void read_fixed(struct reader *r, json_value v, const char *pointer)
{
    struct str text = { 0 };
    if (!read_object(r, v, pointer))
        return;
    if (json_len(v) > LIMIT_PARAMS) {
        problems_add(r->problems, pointer, "%zu parameters: expected at most %d", json_len(v), LIMIT_PARAMS);
        return;
    }
    for (json_value m = json_first(v); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        read_fixed_value(r, m, at.text);
    }
    put_sorted(&text, v);
    r->spec->trial.fixed = str_take(&text);
}

static void read_directory(struct reader *r, json_value v, const char *pointer)
{
    const char *directory;
    if (read_text(r, v, pointer, LIMIT_COMMAND_WORD, &directory))
        r->spec->trial.directory = mem_strdup(directory);
}

/* Names beneath the campaign file's directory, which keep their places beneath the working directory. */
static void read_files(struct reader *r, json_value v, const char *pointer)
{
    struct trial_spec *trial = &r->spec->trial;
    const char *name;
    if (!read_array(r, v, pointer, 0, LIMIT_FILES))
        return;
    trial->files = mem_zalloc(json_len(v), sizeof *trial->files);
    for (json_value entry = json_first(v); entry; entry = json_next(entry)) {
        struct pointer at = pointer_at(pointer, (size_t)trial->n_files);
        bool is_text = read_text(r, entry, at.text, LIMIT_COMMAND_WORD, &name);
        if (is_text && !cargo_name_is_valid(name))
            read_refuse(r, entry, at.text, "a file beneath the campaign file's directory, without .. in its name");
        trial->files[trial->n_files++] = mem_strdup(is_text ? name : "");
    }
}

static void read_cores(struct reader *r, json_value v, const char *pointer)
{
    read_int(r, v, pointer, 1, LIMIT_SLOTS, &r->spec->trial.cores);
}

/* Written by Rung itself. */
static void read_blobs(struct reader *r, json_value v, const char *pointer)
{
    struct str text = { 0 };
    if (!read_array(r, v, pointer, 0, 2 * LIMIT_FILES))
        return;
    json_print(&text, v);
    r->spec->trial.blobs = str_take(&text);
}

static void check_program(struct reader *r, json_value v, const char *pointer)
{
    bool has_program = json_get(v, "program"), has_command = json_get(v, "command");
    if (!has_program && !has_command)
        problems_add(r->problems, pointer, "no program: expected \"program\" (gru-attention or linear) or \"command\"");
    if (has_program && has_command)
        problems_add(r->problems, pointer, "both \"program\" and \"command\": expected one of them");
    if (has_program && !json_get(v, "data"))
        problems_add(r->problems, pointer,
            "\"data\" is missing: expected an object such as {\"format\": \"synthetic\"} for a built-in program");
    if (has_program && r->spec->trial.cores > 1)
        problems_add(r->problems, pointer,
            "\"cores\" with a built-in program, which trains on one core: expected a \"command\", or no \"cores\"");
}

void read_trial(struct reader *r, json_value v, const char *pointer)
{
    static const struct field fields[] = {
        { "program", false, NULL, read_program },
        { "command", false, NULL, read_command },
        { "data", false, NULL, read_data },
        { "fixed", false, NULL, read_fixed },
        { "files", false, NULL, read_files },
        { "cores", false, NULL, read_cores },
        { "blobs", false, NULL, read_blobs },
        { "directory", true, "the directory of the campaign file", read_directory },
    };
    size_t n = sizeof fields / sizeof *fields;
    read_fields(r, v, pointer, fields, r->is_canonical ? n : n - 2);
    if (json_type(v) == JSON_OBJECT)
        check_program(r, v, pointer);
    if (!r->spec->trial.fixed)
        r->spec->trial.fixed = mem_strdup("{}");
    if (r->directory)
        r->spec->trial.directory = mem_strdup(r->directory);
}
