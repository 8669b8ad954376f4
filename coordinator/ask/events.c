#include "coordinator/ask/event_line.h"
#include "coordinator/ask/sink.h"
#include "coordinator/ask/table.h"

static int print_lines(struct archive *a, const struct asking *q, FILE *out, struct err *e)
{
    struct question question = { .from = QUESTION_EVENTS,
        .campaign = a->campaign,
        .columns = event_columns,
        .where = q->where,
        .max_rows = q->limit };
    struct cell cells[EVENT_N_COLUMNS];
    struct sink sink;
    struct asked *asked = question_open(a->store, &question, e);
    int got = asked ? 0 : -1;
    sink_open(&sink, out);
    while (asked && (got = question_next(asked, cells, e)) > 0) {
        struct record_happening h = event_of_cells(cells);
        event_put_json(&h, &sink.text);
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
