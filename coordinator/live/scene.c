#include "coordinator/live/scene.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/text/spark.h"
#include "coordinator/live/status.h"

#define MAX_COLUMNS 120
#define BAR_COLUMNS 16     /* of the campaign's progress */
#define RUNG_BAR_COLUMNS 8 /* of the fullest rung */
#define SPARK_COLUMNS 16   /* half of it where the worker would have no room behind it */
#define NARROW 72
#define FAILURES "failed left stopped requeued abandoned"

/* ---- parts: each a text of whole lines ---- */

struct lines {
    struct str *out;
    struct view_look look;
};

static void style(const struct lines *l, const char *code)
{
    if (l->look.has_colour)
        str_add(l->out, code);
}

/* Adds `text` as a line, styled as a whole (code "": plain). */
static void add_line(const struct lines *l, const char *code, const char *text)
{
    style(l, code);
    view_text(l->out, text, l->look.columns);
    if (*code)
        style(l, VIEW_PLAIN);
    str_add_char(l->out, '\n');
}

static void add_bar(const struct lines *l, struct str *s, double share, int columns)
{
    int full = (int)(fmin(fmax(share, 0), 1) * columns + 0.5);
    for (int i = 0; i < columns; i++)
        str_add(s, l->look.is_utf8 ? (i < full ? "█" : "░") : (i < full ? "#" : "."));
}

/* What keeps it from going on, `key` of the whole status or of the campaign. */
static void add_trouble(const struct lines *l, json_value of, const char *key, struct str *s)
{
    if (!status_has(of, key))
        return;
    str_addf(s, "! %s", status_text(of, key));
    add_line(l, VIEW_BOLD, str_text(s));
    str_clear(s);
}

static void add_head(const struct lines *l, json_value campaign, struct str *s)
{
    str_addf(s, "%s: %s, ", status_text(campaign, "name"), status_text(campaign, "state"));
    view_duration(s, status_int(campaign, "ran_ms"));
    if (status_int(campaign, "wall_clock_ms") > 0) {
        str_add(s, " of ");
        view_duration(s, status_int(campaign, "wall_clock_ms"));
    }
    if (status_has(campaign, "eta_ms") && !status_is_over(campaign)) {
        str_add(s, ", about ");
        view_duration(s, status_int(campaign, "eta_ms"));
        str_add(s, " left");
    }
    add_line(l, VIEW_BOLD, str_text(s));
}

/* The share of the campaign that is done: by time while an estimate is there, since trials that are begun say little.
 */
static double share_done(json_value campaign)
{
    double ran = status_number(campaign, "ran_ms"), left = status_number(campaign, "eta_ms");
    json_value trials = json_get(campaign, "trials");
    double limit = status_number(trials, "limit");
    if (status_is_over(campaign))
        return 1;
    if (ran > 0 && left >= 0)
        return ran / (ran + left);
    return limit > 0 ? status_number(trials, "started") / limit : 0;
}

static void add_trials(const struct lines *l, json_value campaign, struct str *s)
{
    static const struct {
        const char *key, *word;
    } states[] = { { "completed", "completed" }, { "running", "running" }, { "paused", "paused" },
        { "queued", "queued" }, { "stopped", "stopped" }, { "failed", "failed" }, { "set_aside", "set aside" } };
    json_value trials = json_get(campaign, "trials");
    add_bar(l, s, share_done(campaign), BAR_COLUMNS);
    str_addf(s, " %lld", (long long)status_int(trials, "started"));
    if (status_int(trials, "limit") > 0)
        str_addf(s, " of %lld", (long long)status_int(trials, "limit"));
    str_add(s, " trials");
    for (size_t i = 0, n = 0; i < sizeof states / sizeof *states; i++)
        if (status_int(trials, states[i].key) > 0)
            str_addf(s, "%s%lld %s", n++ ? ", " : ": ", (long long)status_int(trials, states[i].key), states[i].word);
    add_line(l, "", str_text(s));
}

static void add_best(const struct lines *l, json_value campaign, struct str *s)
{
    json_value best = json_get(campaign, "best");
    str_addf(s, "best %s ", status_text(campaign, "metric"));
    if (!status_has(campaign, "best")) {
        str_add(s, "is not known yet");
        add_line(l, VIEW_DIM, str_text(s));
        return;
    }
    view_number(s, status_number(best, "value"));
    str_addf(
        s, ", trial %lld at budget %lld", (long long)status_int(best, "trial"), (long long)status_int(best, "budget"));
    if (!status_bool(best, "is_final"))
        str_addf(s, " of %lld, so not final", (long long)status_int(campaign, "max_budget"));
    add_line(l, VIEW_GREEN, str_text(s));

    struct str pairs = { 0 };
    view_pairs(&pairs, json_get(best, "config"), 2, l->look.columns);
    for (char *line = pairs.text, *next; line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = '\0';
        add_line(l, "", line);
    }
    str_deinit(&pairs);
}

/* One line a bracket: "rungs  1 ████ 12   3 █ 4": a budget, a bar, and how many trials reached it. */
static void add_rungs(const struct lines *l, json_value campaign, struct str *s)
{
    json_value rungs = json_get(campaign, "rungs");
    double most = 1;
    for (json_value r = json_first(rungs); r; r = json_next(r))
        most = fmax(most, status_number(r, "reached"));
    int64_t bracket = -1;
    for (json_value r = json_first(rungs); r; r = json_next(r)) {
        if (status_int(r, "bracket") != bracket) {
            if (bracket >= 0)
                add_line(l, "", str_text(s));
            bracket = status_int(r, "bracket");
            str_clear(s);
            str_addf(s, "bracket %lld ", (long long)bracket);
        }
        double reached = status_number(r, "reached");
        int columns = (int)ceil(reached / most * RUNG_BAR_COLUMNS);
        str_addf(s, "  %lld ", (long long)status_int(r, "budget"));
        add_bar(l, s, 1, columns);
        str_addf(s, "%s%.0f", columns ? " " : "", reached);
    }
    if (bracket >= 0)
        add_line(l, "", str_text(s));
}

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

static double progress_of(json_value t)
{
    double from = status_number(t, "budget_from"), span = status_number(t, "budget_to") - from;
    return span > 0 ? (status_number(t, "step") - from) / span : 0;
}

static int by_number(const void *a, const void *b)
{
    return order(status_number(*(const json_value *)a, "trial"), status_number(*(const json_value *)b, "trial"));
}

/* Those without a value last. */
static int by_low_value(const void *a, const void *b)
{
    double x = status_number(*(const json_value *)a, "value"), y = status_number(*(const json_value *)b, "value");
    int found = order(isnan(x) ? INFINITY : x, isnan(y) ? INFINITY : y);
    return found ? found : by_number(a, b);
}

static int by_high_value(const void *a, const void *b)
{
    double x = status_number(*(const json_value *)a, "value"), y = status_number(*(const json_value *)b, "value");
    int found = order(isnan(y) ? -INFINITY : y, isnan(x) ? -INFINITY : x);
    return found ? found : by_number(a, b);
}

static int by_progress(const void *a, const void *b)
{
    int found = order(progress_of(*(const json_value *)b), progress_of(*(const json_value *)a));
    return found ? found : by_number(a, b);
}

static const char *const sort_names[SCENE_N_SORTS] = { "number", "value", "progress" };

int scene_running(json_value status, json_value campaign, enum scene_sort sort, json_value *out, int most)
{
    bool is_low = !str_equal(status_text(campaign, "goal"), "maximize");
    int (*const orders[SCENE_N_SORTS])(
        const void *, const void *) = { by_number, is_low ? by_low_value : by_high_value, by_progress };
    int n = 0;
    for (json_value t = json_first(json_get(status, "running")); t && n < most; t = json_next(t))
        if (str_equal(status_text(t, "campaign"), status_text(campaign, "name")))
            out[n++] = t;
    qsort(out, (size_t)n, sizeof *out, orders[sort]);
    return n;
}

int scene_curve(json_value trial, int64_t *steps, double *values, int most)
{
    int n = 0;
    for (json_value p = json_first(json_get(trial, "curve")); p && n < most; p = json_next(p)) {
        json_value step = json_first(p), value = step ? json_next(step) : NULL;
        if (!value || json_type(value) != JSON_NUMBER || !json_is_integer(step, &steps[n]))
            break;
        values[n++] = json_number(value);
    }
    return n;
}

const char *scene_host(json_value status, const char *worker)
{
    for (json_value w = json_first(json_get(status, "workers")); w; w = json_next(w))
        if (str_equal(status_text(w, "name"), worker))
            return status_text(w, "host");
    return "";
}

static void pad(struct str *s, const char *mark, int columns)
{
    for (int n = view_width(mark); n < columns; n++)
        str_add_char(s, ' ');
}

/* "> trial 9      2 of 3    0.25        0:04  ▁▂▃▄  local/1 on here" */
static void add_running_trial(const struct lines *l, json_value status, json_value trial, bool is_chosen, struct str *s)
{
    int64_t steps[SCENE_POINTS];
    double values[SCENE_POINTS], value = status_number(trial, "value");
    struct str field = { 0 };
    int columns = l->look.columns < NARROW ? SPARK_COLUMNS / 2 : SPARK_COLUMNS;
    int n = scene_curve(trial, steps, values, SCENE_POINTS);
    str_addf(s, "%c trial %-4lld %3lld of %-4lld ", is_chosen ? '>' : ' ', (long long)status_int(trial, "trial"),
        (long long)status_int(trial, "step"), (long long)status_int(trial, "budget_to"));
    if (isfinite(value))
        view_number(&field, value);
    str_addf(s, "%-11s ", str_text(&field));
    str_clear(&field);
    view_duration(&field, (int64_t)(status_number(trial, "seconds") * 1000));
    str_addf(s, "%6s  ", str_text(&field));
    str_clear(&field);
    spark_draw(&field, steps, values, n, columns, l->look.is_utf8);
    str_add(s, str_text(&field));
    pad(s, str_text(&field), columns);
    str_addf(s, "  %s", status_text(trial, "worker"));
    const char *host = scene_host(status, status_text(trial, "worker"));
    if (*host)
        str_addf(s, " on %s", host);
    str_deinit(&field);
    add_line(l, is_chosen ? VIEW_BOLD : "", str_text(s));
}

/* A title, and of the trials those around the chosen one that fit into `rows` lines with it. */
static void add_running(
    const struct lines *l, json_value status, json_value campaign, const struct scene *scene, int rows, struct str *s)
{
    json_value trials[SCENE_TRIALS];
    int n = scene_running(status, campaign, scene->sort, trials, SCENE_TRIALS), chosen = -1;
    for (int i = 0; i < n; i++)
        if (scene->chosen && status_int(trials[i], "trial") == scene->chosen)
            chosen = i;
    int shown = n < rows - 1 ? n : rows - 1, first = chosen - shown / 2;
    if (first > n - shown)
        first = n - shown;
    if (first < 0)
        first = 0;
    str_addf(s, "%d running, by %s", n, sort_names[scene->sort]);
    if (shown < n)
        str_addf(s, "; %d more do not fit", n - shown);
    add_line(l, VIEW_DIM, str_text(s));
    for (int i = first; i < first + shown; i++) {
        str_clear(s);
        add_running_trial(l, status, trials[i], i == chosen, s);
    }
}

static void add_events(const struct lines *l, json_value status, struct str *s)
{
    struct str ago = { 0 };
    if (json_len(json_get(status, "events")) > 0)
        add_line(l, VIEW_DIM, "last events");
    for (json_value v = json_first(json_get(status, "events")); v; v = json_next(v)) {
        str_clear(s);
        str_clear(&ago);
        view_duration(&ago, (int64_t)(status_number(v, "seconds") * 1000));
        str_addf(s, "%8s ago  %s", str_text(&ago), status_text(v, "text"));
        bool is_bad = strstr(FAILURES, status_text(v, "kind")) && *status_text(v, "kind");
        add_line(l, is_bad ? VIEW_RED : "", str_text(s));
    }
    str_deinit(&ago);
}

static void add_workers(const struct lines *l, json_value status, struct str *s)
{
    int64_t n = 0, n_slots = 0, n_busy = 0, n_aside = 0, n_leaving = 0;
    for (json_value w = json_first(json_get(status, "workers")); w; w = json_next(w)) {
        n++;
        n_slots += status_int(w, "slots");
        n_busy += status_int(w, "busy");
        n_aside += str_equal(status_text(w, "state"), "set_aside");
        n_leaving += str_equal(status_text(w, "state"), "leaving");
    }
    str_addf(s, "%lld worker%s here", (long long)n, n == 1 ? "" : "s");
    if (n_slots)
        str_addf(s, ", %lld of %lld slot%s busy, %.0f %% idle", (long long)n_busy, (long long)n_slots,
            n_slots == 1 ? "" : "s", 100 * fmax(1 - (double)n_busy / (double)n_slots, 0));
    if (n_aside)
        str_addf(s, ", %lld set aside", (long long)n_aside);
    if (n_leaving)
        str_addf(s, ", %lld leaving", (long long)n_leaving);
    add_line(l, n && !n_aside ? "" : VIEW_BOLD, str_text(s));
}

/* ---- the whole ---- */

enum part { HEAD, TRIALS, BEST, RUNGS, RUNNING, EVENTS, WORKERS, FOOT, N_PARTS };

/* Rows are given in this order: `part` grows to `rows` of what it wants. */
static const struct {
    enum part part;
    int rows;
} steps[] = { { HEAD, 2 }, { FOOT, 1 }, { TRIALS, 1 }, { BEST, 1 }, { RUNNING, 2 }, { WORKERS, 1 }, { BEST, 3 },
    { RUNNING, 3 }, { RUNGS, 4 }, { EVENTS, 4 }, { RUNNING, 5 }, { BEST, INT_MAX }, { RUNGS, INT_MAX }, { EVENTS, 7 },
    { RUNNING, INT_MAX }, { EVENTS, INT_MAX } };

static int count_lines(const char *text)
{
    int n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

static void add_first_lines(struct str *out, const char *text, int n)
{
    const char *end = text;
    for (int i = 0; i < n && (end = strchr(text, '\n')); i++, text = end + 1)
        str_add_bytes(out, text, (size_t)(end + 1 - text));
}

static void share_rows(const int *wants, int rows, int *given)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum part p = steps[i].part;
        int more = (steps[i].rows < wants[p] ? steps[i].rows : wants[p]) - given[p];
        more = more < rows ? more : rows;
        if (more > 0) {
            given[p] += more;
            rows -= more;
        }
    }
}

static void make_part(enum part part, const struct lines *l, json_value status, json_value campaign,
    const struct scene *scene, int rows, struct str *s)
{
    bool is_over = status_is_over(campaign);
    str_clear(s);
    switch (part) {
    case HEAD:
        add_trouble(l, status, "trouble", s);
        add_trouble(l, campaign, "waits", s);
        add_trouble(l, campaign, "warning", s);
        add_head(l, campaign, s);
        break;
    case TRIALS:
        add_trials(l, campaign, s);
        break;
    case BEST:
        add_best(l, campaign, s);
        break;
    case RUNGS:
        add_rungs(l, campaign, s);
        break;
    case RUNNING:
        if (!is_over)
            add_running(l, status, campaign, scene, rows, s);
        break;
    case EVENTS:
        if (scene->is_live)
            add_events(l, status, s);
        break;
    case WORKERS:
        if (!is_over)
            add_workers(l, status, s);
        break;
    case FOOT:
        if (scene->foot)
            add_line(l, scene->is_asking ? VIEW_BOLD : VIEW_DIM, scene->foot);
        break;
    case N_PARTS:
        break;
    }
}

void scene_draw(
    struct str *out, json_value status, json_value campaign, const struct scene *scene, const struct view_look *look)
{
    struct str texts[N_PARTS] = { 0 }, s = { 0 };
    struct view_look narrow = *look;
    int wants[N_PARTS], given[N_PARTS] = { 0 };
    if (narrow.columns > MAX_COLUMNS)
        narrow.columns = MAX_COLUMNS;
    for (int p = 0; p < N_PARTS; p++) {
        make_part((enum part)p, &(struct lines){ &texts[p], narrow }, status, campaign, scene, INT_MAX, &s);
        wants[p] = count_lines(str_text(&texts[p]));
    }
    share_rows(wants, look->rows, given);
    for (int p = 0; p < N_PARTS; p++) {
        if (p == RUNNING && given[p] < wants[p]) {
            str_clear(&texts[p]);
            make_part(RUNNING, &(struct lines){ &texts[p], narrow }, status, campaign, scene, given[p], &s);
        }
        add_first_lines(out, str_text(&texts[p]), given[p]);
        str_deinit(&texts[p]);
    }
    str_deinit(&s);
}

void view_campaign(struct str *out, json_value status, json_value campaign, const struct view_look *look)
{
    scene_draw(out, status, campaign, &(struct scene){ 0 }, look);
}
