#include <string.h>

#include "common/io/files.h"
#include "common/io/system.h"
#include "coordinator/exchange/export.h"
#include "coordinator/exchange/report_data.h"

static void add_escaped(struct str *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&\"'", *text))
            str_addf(out, "&#%d;", *text);
        else
            str_add_char(out, *text);
    }
}

/* JSON within a script element: nothing in it may look like a tag, whatever a campaign is called. */
static void add_json(struct str *out, const char *json)
{
    for (; *json; json++) {
        if (strchr("<>&", *json))
            str_addf(out, "\\u%04x", *json);
        else
            str_add_char(out, *json);
    }
}

struct blank {
    const char *name;
    const char *text;
    void (*add)(struct str *out, const char *text);
};

/* Copies the frame, its blanks (@name@) filled. */
static void fill(struct str *out, const char *frame, const struct blank *blanks, size_t n)
{
    while (*frame) {
        size_t i = 0, len = 0;
        for (; *frame == '@' && i < n; i++) {
            len = strlen(blanks[i].name);
            if (strncmp(frame + 1, blanks[i].name, len) == 0 && frame[1 + len] == '@')
                break;
        }
        if (*frame == '@' && i < n) {
            blanks[i].add(out, blanks[i].text);
            frame += len + 2;
        } else
            str_add_char(out, *frame++);
    }
}

int export_html(const struct takeout *t, const char *path, struct err *e)
{
    struct str data = { 0 }, page = { 0 }, summary = { 0 };
    int failed = report_data(t, system_wall_ms(), &data, e);
    str_addf(&summary, "%zu trials; %s.", t->n, campaign_state_names[t->row.state]);
    const struct blank blanks[] = {
        { "title", t->spec->name, add_escaped },
        { "summary", str_text(&summary), add_escaped },
        { "css", report_css, str_add },
        { "script", report_js, str_add },
        { "data", str_text(&data), add_json },
    };
    if (!failed) {
        fill(&page, report_html, blanks, sizeof blanks / sizeof *blanks);
        failed = file_write(path, str_text(&page), page.len, 0, e);
    }
    str_deinit(&data);
    str_deinit(&page);
    str_deinit(&summary);
    return failed;
}
