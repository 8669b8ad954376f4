#include "coordinator/ask/event_line.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "common/proto/json.h"
#include "coordinator/text/view.h"

enum { SEQ, WALL_MS, KIND, CAMPAIGN, TRIAL, RUNG, LEASE, WORKER, VALUE, TEXT };
const char event_columns[] = "seq,wall_ms,kind,campaign,trial,rung,lease,worker,value,text";

static const char *text_of(const struct cell *c)
{
    return c->kind == CELL_TEXT ? c->text : NULL;
}

static int64_t whole_of(const struct cell *c)
{
    return c->kind == CELL_INT ? c->whole : 0;
}

struct record_happening event_of_cells(const struct cell *cells)
{
    return (struct record_happening){ .seq = (uint64_t)whole_of(&cells[SEQ]),
        .wall_ms = whole_of(&cells[WALL_MS]),
        .kind = text_of(&cells[KIND]),
        .campaign = text_of(&cells[CAMPAIGN]),
        .trial = whole_of(&cells[TRIAL]),
        .has_rung = cells[RUNG].kind == CELL_INT,
        .rung = whole_of(&cells[RUNG]),
        .lease = (uint64_t)whole_of(&cells[LEASE]),
        .worker = text_of(&cells[WORKER]),
        .has_value = cells[VALUE].kind == CELL_NUMBER,
        .value = cells[VALUE].kind == CELL_NUMBER ? cells[VALUE].number : 0,
        .text = text_of(&cells[TEXT]) };
}

struct record_happening event_of_store(const struct store_happening *h)
{
    return (struct record_happening){ .seq = h->seq,
        .wall_ms = h->wall_ms,
        .kind = h->kind,
        .campaign = h->campaign,
        .trial = h->trial,
        .has_rung = h->rung >= 0,
        .rung = h->rung,
        .lease = h->lease,
        .worker = h->worker,
        .has_value = isfinite(h->value),
        .value = h->value,
        .text = h->text,
        .budget = h->budget,
        .place = h->place,
        .places = h->n_at_rung };
}

static bool is_start(const struct record_happening *h)
{
    return strcmp(h->kind, "started") == 0;
}

static bool is_promotion(const struct record_happening *h)
{
    return strcmp(h->kind, "promoted") == 0;
}

static void add_text(struct str *json, const char *key, const char *text)
{
    if (text)
        json_add_text(json, key, text);
}

void event_put_json(const struct record_happening *h, struct str *out)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.event/1");
    json_add_id(&json, "seq", h->seq);
    json_add_int(&json, "wall_ms", h->wall_ms);
    json_add_text(&json, "kind", h->kind);
    add_text(&json, "campaign", h->campaign);
    if (h->trial)
        json_add_int(&json, "trial", h->trial);
    if (h->has_rung)
        json_add_int(&json, is_start(h) ? "bracket" : "rung", h->rung);
    if (h->lease)
        json_add_id(&json, "lease", h->lease);
    add_text(&json, "worker", h->worker);
    if (h->has_value)
        json_add_number(&json, "value", h->value);
    json_add_text(&json, "text", h->text ? h->text : "");
    if (h->budget)
        json_add_int(&json, "budget", h->budget);
    if (is_promotion(h) && h->place) {
        json_add_int(&json, "place", h->place);
        json_add_int(&json, "places", h->places);
    }
    json_close_object(&json);
    str_addf(out, "%s\n", str_text(&json));
    str_deinit(&json);
}

static void add_clock(struct str *out, int64_t wall_ms)
{
    struct tm parts;
    time_t seconds = (time_t)(wall_ms / 1000);
    gmtime_r(&seconds, &parts);
    str_addf(out, "%02d:%02d:%02d ", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void add_where(const struct record_happening *h, struct str *out)
{
    if (h->budget)
        str_addf(out, " %s budget %lld", is_promotion(h) ? "to" : "with", (long long)h->budget);
    else if (h->has_rung)
        str_addf(out, " %s %lld", is_start(h) ? "in bracket" : "at rung", (long long)h->rung);
}

static void add_why(const struct record_happening *h, struct str *out)
{
    if (h->has_value) {
        str_add(out, ": ");
        view_number(out, h->value);
    }
    if (is_promotion(h) && h->place)
        str_addf(out, ": place %lld of %lld", (long long)h->place, (long long)h->places);
    if (h->text && *h->text) {
        str_add(out, ": ");
        view_text(out, h->text, 200);
    }
}

void event_put_text(const struct record_happening *h, struct str *out)
{
    add_clock(out, h->wall_ms);
    if (h->trial)
        str_addf(out, "trial %lld ", (long long)h->trial);
    str_add(out, h->kind);
    add_where(h, out);
    add_why(h, out);
    if (h->worker)
        str_addf(out, " (%s)", h->worker);
    str_add_char(out, '\n');
}
