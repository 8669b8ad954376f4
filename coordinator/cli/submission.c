#include "common/base/exit_status.h"
#include "coordinator/cli/submission.h"

#include <stdio.h>

#include "common/proto/campaign.h"
#include "coordinator/cli/campaign_file.h"
#include "coordinator/cli/pack.h"
#include "worker/train/data/spec.h"

void submission_of(struct submission *out, const struct campaign_spec *spec)
{
    *out = (struct submission){ .cores = campaign_spec_cores(spec), .memory_bytes = spec->limits.trial_memory_bytes };
    str_copy(out->name, sizeof out->name, spec->name);
    campaign_canonical(spec, &out->canonical);
}

static int take(struct submission *out, struct campaign_file *f, struct err *e)
{
    if (!f->is_right) {
        struct str lines = { 0 };
        problems_print(&f->problems, f->name, &lines);
        fputs(str_text(&lines), stderr);
        str_deinit(&lines);
        return EXIT_STATUS_INVALID;
    }
    if (pack_campaign(&f->spec, e) < 0)
        return -1;
    submission_of(out, &f->spec);
    return 0;
}

int submission_read(struct submission *out, const char *path, struct err *e)
{
    struct campaign_file f;
    *out = (struct submission){ 0 };
    int status = campaign_file_read(&f, path, data_spec_check, e);
    if (status == 0)
        status = take(out, &f, e);
    campaign_file_deinit(&f);
    return status;
}

void submission_copy(struct submission *out, const struct submission *from)
{
    *out = (struct submission){ 0 };
    str_copy(out->name, sizeof out->name, from->name);
    out->cores = from->cores;
    out->memory_bytes = from->memory_bytes;
    str_add(&out->canonical, str_text(&from->canonical));
}

void submission_deinit(struct submission *s)
{
    str_deinit(&s->canonical);
    *s = (struct submission){ 0 };
}
