#include <string.h>

#include "common/proto/json.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/sink.h"
#include "coordinator/cli/table.h"

/* The columns of an event's line, in this order. */
enum { SEQ, WALL_MS, KIND, CAMPAIGN, TRIAL, RUNG, LEASE, WORKER, VALUE, TEXT, N_COLUMNS };
static const char columns[] = "seq,wall_ms,kind,campaign,trial,rung,lease,worker,value,text";

static void add_id(struct str *json, const char *key, const struct cell *c)
{
    if (c->kind == CELL_INT && c->whole)
        json_add_id(json, key, (uint64_t)c->whole);
}

/* What does not apply is not there. */
static void add_line(const struct cell *cells, struct str *out)
{
    static const struct {
        int at;
        const char *key;
    } plain[] = { { CAMPAIGN, "campaign" }, { TRIAL, "trial" } },
      last[] = { { WORKER, "worker" }, { VALUE, "value" }, { TEXT, "text" } };
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.event/1");
    add_id(&json, "seq", &cells[SEQ]);
    json_add_int(&json, "wall_ms", cells[WALL_MS].whole);
    json_add_text(&json, "kind", cells[KIND].text);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (cells[plain[i].at].kind != CELL_NULL) {
            json_put_key(&json, plain[i].key);
            cell_put_json(&cells[plain[i].at], &json);
        }
    if (cells[RUNG].kind == CELL_INT)
        json_add_int(&json, strcmp(cells[KIND].text, "started") == 0 ? "bracket" : "rung", cells[RUNG].whole);
    add_id(&json, "lease", &cells[LEASE]);
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        if (cells[last[i].at].kind != CELL_NULL) {
            json_put_key(&json, last[i].key);
            cell_put_json(&cells[last[i].at], &json);
        }
    json_close_object(&json);
    str_addf(out, "%s\n", str_text(&json));
    str_deinit(&json);
}

static int print_lines(struct archive *a, const struct asking *q, FILE *out, struct err *e)
{
    struct question question = {
        .from = QUESTION_EVENTS, .campaign = a->campaign, .columns = columns, .where = q->where, .max_rows = q->limit
    };
    struct cell cells[N_COLUMNS];
    struct sink sink;
    struct asked *asked = question_open(a->store, &question, e);
    int got = asked ? 0 : -1;
    sink_open(&sink, out);
    while (asked && (got = question_next(asked, cells, e)) > 0) {
        add_line(cells, &sink.text);
        if ((got = sink_offer(&sink, e)) < 0)
            break;
    }
    question_close(asked);
    return sink_close(&sink, got, e);
}

int cli_events(const struct asking *q, int64_t n, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.events/1",
        .rows = "events",
        .from = QUESTION_EVENTS,
        .text_columns = "seq,time,campaign,kind,trial,rung,value,worker,text" };
    struct asking last = *q;
    struct archive a;
    last.limit = -n;
    if (archive_open_all(&a, q, e) < 0)
        return -1;
    bool is_lines = q->is_json && !q->columns;
    int64_t status = is_lines ? print_lines(&a, &last, out, e) : table_print(&a, &last, &form, NULL, NULL, out, e);
    archive_close(&a);
    return status < 0 ? -1 : 0;
}
