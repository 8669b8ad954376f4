#include "coordinator/cli/inspect.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/ask/asking.h"
#include "coordinator/text/chart.h"
#include "coordinator/live/status.h"

#define READ_EVERY_MS 2000 /* the store: what it says of a running trial changes with its attempts alone */

void inspect_begin(struct inspect *i, int64_t trial)
{
    inspect_end(i);
    i->trial = trial;
}

void inspect_end(struct inspect *i)
{
    str_deinit(&i->told);
    i->told = (struct str){ 0 };
    i->trial = i->read_ms = 0;
}

/* What `rung show` says, or why it says nothing. */
static void ask_store(struct inspect *i, const char *campaign, const struct view_look *look)
{
    struct asking q = { .store = i->store, .campaign = campaign, .look = *look };
    struct err e = { 0 };
    char number[24], *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    q.look.rows = INT_MAX;
    snprintf(number, sizeof number, "%lld", (long long)i->trial);
    int status = cli_show(&q, number, out, &e);
    fclose(out);
    str_clear(&i->told);
    str_add(&i->told, status < 0 ? e.text : text);
    if (status < 0)
        str_add_char(&i->told, '\n');
    free(text);
}

static json_value find_running(json_value status, json_value campaign, int64_t number)
{
    for (json_value t = json_first(json_get(status, "running")); t; t = json_next(t))
        if (status_int(t, "trial") == number && str_equal(status_text(t, "campaign"), status_text(campaign, "name")))
            return t;
    return NULL;
}

static void add_now(struct str *s, json_value status, json_value trial)
{
    if (!trial) {
        str_add(s, "  it does not run now\n");
        return;
    }
    const char *worker = status_text(trial, "worker"), *host = scene_host(status, worker);
    str_addf(s, "  step %lld of %lld at rung %lld, ", (long long)status_int(trial, "step"),
        (long long)status_int(trial, "budget_to"), (long long)status_int(trial, "rung"));
    view_duration(s, (int64_t)(status_number(trial, "seconds") * 1000));
    str_addf(s, ", %s%s%s\n", worker, *host ? " on " : "", host);
}

static void add_chart(struct str *s, json_value trial, int64_t number, int rows, const struct view_look *look)
{
    int64_t steps[SCENE_POINTS];
    double values[SCENE_POINTS];
    struct chart_line line = { .number = (uint32_t)number };
    int n = scene_curve(trial, steps, values, SCENE_POINTS);
    for (int i = 0; i < n; i++)
        chart_add_point(&line, steps[i], values[i]);
    if (n > 0 && rows > 2)
        chart_draw(s, &line, 1, rows, look);
    chart_line_deinit(&line);
}

/* At most so many lines that are not blank, each cut to the columns. */
static void add_cut(struct str *out, const char *text, int rows, int columns)
{
    struct str line = { 0 };
    for (const char *end; rows > 0 && (end = strchr(text, '\n')); text = end + 1) {
        if (end == text)
            continue;
        rows--;
        str_clear(&line);
        str_add_bytes(&line, text, (size_t)(end - text));
        view_text(out, str_text(&line), columns);
        str_add_char(out, '\n');
    }
    str_deinit(&line);
}

void inspect_draw(struct inspect *i, json_value status, json_value campaign, const char *foot,
    const struct view_look *look, int64_t now_ms, struct str *out)
{
    struct str s = { 0 };
    struct view_look plain = *look;
    plain.has_colour = false;
    json_value trial = find_running(status, campaign, i->trial);
    if (i->store && (!i->read_ms || now_ms - i->read_ms >= READ_EVERY_MS)) {
        ask_store(i, status_text(campaign, "name"), &plain);
        i->read_ms = now_ms;
    }
    str_addf(&s, "%s: trial %lld, %s\n", status_text(campaign, "name"), (long long)i->trial,
        status_text(campaign, "metric"));
    add_now(&s, status, trial);
    if (!i->store && trial) {
        view_pairs(&s, json_get(trial, "config"), 2, look->columns);
        str_add_char(&s, '\n');
    }
    add_chart(&s, trial, i->trial, look->rows > 30 ? 12 : look->rows / 4, &plain);
    if (i->store)
        str_add(&s, str_text(&i->told));
    add_cut(out, s.text, look->rows - 1, look->columns);
    view_text(out, foot, look->columns);
    str_add_char(out, '\n');
    str_deinit(&s);
}
