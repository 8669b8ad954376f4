#include "coordinator/cli/event_line.h"

#include <string.h>
#include <time.h>

#include "common/proto/json.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/view.h"

const char event_columns[] = "seq,wall_ms,kind,campaign,trial,rung,lease,worker,value,text";

static bool is_start(const struct cell *cells)
{
    return strcmp(cells[EVENT_KIND].text, "started") == 0;
}

static void add_id(struct str *json, const char *key, const struct cell *c)
{
    if (c->kind == CELL_INT && c->whole)
        json_add_id(json, key, (uint64_t)c->whole);
}

static void add_cell(struct str *json, const char *key, const struct cell *c)
{
    if (c->kind == CELL_NULL)
        return;
    json_put_key(json, key);
    cell_put_json(c, json);
}

void event_put_json(const struct cell *cells, struct str *out)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.event/1");
    add_id(&json, "seq", &cells[EVENT_SEQ]);
    json_add_int(&json, "wall_ms", cells[EVENT_WALL_MS].whole);
    json_add_text(&json, "kind", cells[EVENT_KIND].text);
    add_cell(&json, "campaign", &cells[EVENT_CAMPAIGN_NAME]);
    add_cell(&json, "trial", &cells[EVENT_TRIAL]);
    if (cells[EVENT_RUNG].kind == CELL_INT)
        json_add_int(&json, is_start(cells) ? "bracket" : "rung", cells[EVENT_RUNG].whole);
    add_id(&json, "lease", &cells[EVENT_LEASE]);
    add_cell(&json, "worker", &cells[EVENT_WORKER]);
    add_cell(&json, "value", &cells[EVENT_VALUE]);
    add_cell(&json, "text", &cells[EVENT_TEXT]);
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

void event_put_text(const struct cell *cells, struct str *out)
{
    add_clock(out, cells[EVENT_WALL_MS].whole);
    if (cells[EVENT_TRIAL].kind == CELL_INT)
        str_addf(out, "trial %lld ", (long long)cells[EVENT_TRIAL].whole);
    str_add(out, cells[EVENT_KIND].text);
    if (cells[EVENT_RUNG].kind == CELL_INT)
        str_addf(out, " %s %lld", is_start(cells) ? "in bracket" : "at rung", (long long)cells[EVENT_RUNG].whole);
    if (cells[EVENT_VALUE].kind == CELL_NUMBER) {
        str_add(out, ": ");
        view_number(out, cells[EVENT_VALUE].number);
    }
    if (cells[EVENT_TEXT].kind == CELL_TEXT && *cells[EVENT_TEXT].text) {
        str_add(out, ": ");
        view_text(out, cells[EVENT_TEXT].text, 200);
    }
    if (cells[EVENT_WORKER].kind == CELL_TEXT)
        str_addf(out, " (%s)", cells[EVENT_WORKER].text);
    str_add_char(out, '\n');
}
