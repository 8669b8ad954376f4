#include "coordinator/cli/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/cli/status.h"

#define MAX_COLUMNS 80
#define BAR_COLUMNS 16     /* of the campaign's progress */
#define RUNG_BAR_COLUMNS 8 /* of the fullest rung */

void view_duration(struct str *out, int64_t milliseconds)
{
    long long s = milliseconds / 1000;
    if (s >= 48 * 3600)
        str_addf(out, "%lld d %lld h", s / 86400, s / 3600 % 24);
    else if (s >= 3600)
        str_addf(out, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        str_addf(out, "%lld:%02lld", s / 60, s % 60);
}

/* 0 < value < 1e5, at least 1e-4: as %.5g, in a quarter of its time; tables have many of them. */
static void add_plain_number(struct str *out, double value)
{
    int decimals = 4;
    double scale = 1e4;
    char digits[24];
    for (double at = 1; value < at && decimals < 8; at /= 10, decimals++)
        scale *= 10;
    for (double at = 10; value >= at && decimals > 0; at *= 10, decimals--)
        scale /= 10;
    long long whole = llround(value * scale);
    int len = (int)sizeof digits;
    bool is_zero = true; /* so far, from the right */
    for (int i = 0; i <= decimals || whole > 0; i++, whole /= 10) {
        if (i == decimals && !is_zero)
            digits[--len] = '.';
        is_zero = is_zero && whole % 10 == 0 && i < decimals;
        if (!is_zero)
            digits[--len] = (char)('0' + whole % 10);
    }
    str_add_bytes(out, digits + len, sizeof digits - (size_t)len);
}

void view_number(struct str *out, double value)
{
    if (fabs(value) < 1e15 && value == floor(value))
        str_addf(out, "%.0f", value);
    else if (fabs(value) >= 1e-4 && fabs(value) < 99999) {
        str_add(out, value < 0 ? "-" : "");
        add_plain_number(out, fabs(value));
    } else
        str_addf(out, "%.5g", value);
}

static void add_value(struct str *out, json_value v)
{
    if (json_type(v) == JSON_NUMBER)
        view_number(out, json_number(v));
    else if (json_type(v) == JSON_TEXT)
        str_add(out, json_text(v));
    else {
        struct str json = { 0 }; /* its own: json_print would put a comma behind what stands in `out` */
        json_print(&json, v);
        str_add(out, str_text(&json));
        str_deinit(&json);
    }
}

int view_width(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* A control character, as one byte or as the two bytes of U+0080 to U+009F, which a terminal might obey. */
static bool is_control(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
    return c < 32 || c == 127 || (c == 0xC2 && next >= 0x80 && next < 0xA0);
}

void view_text(struct str *out, const char *text, int columns)
{
    const char *run = text; /* what is not added yet */
    for (int used = 0; *text; text++) {
        used += ((unsigned char)*text & 0xC0) != 0x80;
        if (used > columns)
            break;
        if (!is_control(text))
            continue;
        str_add_bytes(out, run, (size_t)(text - run));
        str_add_char(out, '?');
        text += (unsigned char)*text == 0xC2;
        run = text + 1;
    }
    str_add_bytes(out, run, (size_t)(text - run));
}

void view_pairs(struct str *out, json_value object, int indent, int columns)
{
    struct str pair = { 0 };
    int used = 0;
    for (json_value v = json_first(object); v; v = json_next(v)) {
        str_clear(&pair);
        str_addf(&pair, "%s ", json_key(v));
        add_value(&pair, v);
        int width = view_width(pair.text);
        if (used && used + 2 + width > columns) {
            str_add_char(out, '\n');
            used = 0;
        }
        str_addf(out, "%*s", used ? 2 : indent, "");
        view_text(out, pair.text, columns - indent);
        used += (used ? 2 : indent) + width;
    }
    str_deinit(&pair);
}

/* ---- the lines ---- */

struct lines {
    struct str *out;
    struct view_look look;
    int n_left; /* rows that may still be used */
};

static void style(const struct lines *l, const char *code)
{
    if (l->look.has_colour)
        str_add(l->out, code);
}

/* Adds `text` as a line, styled as a whole (code "": plain). */
static void add_line(struct lines *l, const char *code, const char *text)
{
    if (l->n_left <= 0)
        return;
    l->n_left--;
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

static void add_trouble(struct lines *l, json_value status, struct str *s)
{
    if (!status_has(status, "trouble"))
        return;
    str_addf(s, "! %s", status_text(status, "trouble"));
    add_line(l, VIEW_BOLD, str_text(s));
}

static void add_head(struct lines *l, json_value campaign, struct str *s)
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

static void add_trials(struct lines *l, json_value campaign, struct str *s)
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

static void add_best(struct lines *l, json_value campaign, struct str *s)
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
static void add_rungs(struct lines *l, json_value campaign, struct str *s)
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

static void add_running_trial(struct lines *l, json_value trial, struct str *s)
{
    str_addf(s, "  trial %-4lld %3lld of %-4lld ", (long long)status_int(trial, "trial"),
        (long long)status_int(trial, "step"), (long long)status_int(trial, "budget_to"));
    double value = status_number(trial, "value");
    size_t before = s->len;
    if (isfinite(value))
        view_number(s, value);
    str_addf(s, "%*s ", (int)(s->len - before < 11 ? 11 - (s->len - before) : 0), "");
    view_duration(s, (int64_t)(status_number(trial, "seconds") * 1000));
    str_addf(s, "  %s", status_text(trial, "worker"));
    add_line(l, "", str_text(s));
}

static void add_running(struct lines *l, json_value status, json_value campaign, struct str *s)
{
    int n_more = 0;
    for (json_value t = json_first(json_get(status, "running")); t; t = json_next(t)) {
        if (!str_equal(status_text(t, "campaign"), status_text(campaign, "name")))
            continue;
        str_clear(s);
        if (l->n_left > 1)
            add_running_trial(l, t, s);
        else
            n_more++;
    }
    str_clear(s);
    str_addf(s, "  and %d more", n_more);
    if (n_more)
        add_line(l, VIEW_DIM, str_text(s));
}

void view_campaign(struct str *out, json_value status, json_value campaign, const struct view_look *look)
{
    struct lines l = { out, *look, look->rows };
    if (l.look.columns > MAX_COLUMNS)
        l.look.columns = MAX_COLUMNS;
    static void (*const parts[])(
        struct lines *, json_value, struct str *) = { add_head, add_trials, add_best, add_rungs };
    struct str s = { 0 };
    add_trouble(&l, status, &s);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        str_clear(&s);
        parts[i](&l, campaign, &s);
    }
    if (!status_is_over(campaign))
        add_running(&l, status, campaign, &s);
    str_deinit(&s);
}
