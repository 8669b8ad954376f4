#include "coordinator/cli/campaign_file.h"

#include <stdio.h>
#include <string.h>

#include "common/expr/campaign_read.h"
#include "common/io/files.h"
#include "common/proto/campaign.h"
#include "coordinator/cli/command.h"
#include "worker/train/data/spec.h"

#define STANDARD_INPUT "/dev/stdin"

/* The directory of the file, absolute: what its relative paths are relative to. */
static int directory_of(const char *path, bool is_input, struct str *out, struct err *e)
{
    if (file_absolute(is_input ? "." : path, out, e) < 0)
        return -1;
    char *slash = strrchr(out->text, '/');
    if (!is_input && slash) {
        slash[slash == out->text] = '\0'; /* of the root its slash stays */
        out->len = strlen(out->text);
    }
    return 0;
}

static int read_text(const char *path, const char *text, size_t len, const char *directory, struct campaign_file *out)
{
    struct campaign_source source = { text, len, directory, data_spec_check };
    struct campaign_spec spec;
    struct problems problems = { 0 };
    if (campaign_read(&source, &spec, &problems) < 0) {
        struct str lines = { 0 };
        problems_print(&problems, path, &lines);
        fputs(str_text(&lines), stderr);
        str_deinit(&lines);
        problems_deinit(&problems);
        return EXIT_STATUS_INVALID;
    }
    problems_deinit(&problems);
    str_copy(out->name, sizeof out->name, spec.name);
    campaign_canonical(&spec, &out->canonical);
    campaign_spec_deinit(&spec);
    return 0;
}

int campaign_file_read(const char *path, struct campaign_file *out, struct err *e)
{
    bool is_input = strcmp(path, "-") == 0;
    struct str text = { 0 }, directory = { 0 };
    *out = (struct campaign_file){ 0 };
    int status = file_read(is_input ? STANDARD_INPUT : path, LIMIT_CAMPAIGN_FILE, &text, e);
    if (status == 0)
        status = directory_of(path, is_input, &directory, e);
    if (status == 0)
        status = read_text(path, str_text(&text), text.len, str_text(&directory), out);
    str_deinit(&text);
    str_deinit(&directory);
    return status;
}

void campaign_file_deinit(struct campaign_file *f)
{
    str_deinit(&f->canonical);
    *f = (struct campaign_file){ 0 };
}
