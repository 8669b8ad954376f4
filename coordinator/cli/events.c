#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/cli/archive.h"

/* The numbers and names that stand for the ids in events. */
struct told {
    struct archive *a;
    struct trial_number {
        int64_t id;
        uint32_t number;
    } * trials; /* owned, by id */
    size_t n_trials, cap_trials;
    struct listing listing;
    struct str json;
};

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct told *t = (struct told *)context;
    t->trials = mem_grow(t->trials, t->n_trials, &t->cap_trials, sizeof *t->trials);
    t->trials[t->n_trials++] = (struct trial_number){ row->id, row->number };
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = ((const struct trial_number *)a)->id, y = ((const struct trial_number *)b)->id;
    return (x > y) - (x < y);
}

static uint32_t number_of(const struct told *t, int64_t id)
{
    const struct trial_number *found =
        t->n_trials ? bsearch(&(struct trial_number){ id, 0 }, t->trials, t->n_trials, sizeof *t->trials, compare_ids)
                    : NULL;
    return found ? found->number : 0;
}

static const char *name_of(const struct told *t, int64_t campaign)
{
    for (size_t i = 0; i < t->a->n_campaigns; i++)
        if (t->a->campaigns[i].row.id == campaign)
            return t->a->campaigns[i].name;
    return "";
}

static int take_event_json(void *context, const struct event_row *row, struct err *e)
{
    struct told *t = (struct told *)context;
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.event/1");
    json_add_id(&json, "seq", row->seq);
    json_add_int(&json, "wall_ms", row->wall_ms);
    json_add_text(&json, "kind", event_kind_names[row->kind]);
    if (row->campaign)
        json_add_text(&json, "campaign", name_of(t, row->campaign));
    if (row->trial)
        json_add_int(&json, "trial", number_of(t, row->trial));
    if (row->rung >= 0)
        json_add_int(&json, row->kind == EVENT_STARTED ? "bracket" : "rung", row->rung);
    if (row->lease)
        json_add_id(&json, "lease", row->lease);
    if (row->worker)
        json_add_text(&json, "worker", archive_worker(t->a, row->worker)->name);
    if (isfinite(row->value))
        json_add_number(&json, "value", row->value);
    json_add_text(&json, "text", row->text);
    json_close_object(&json);
    str_addf(&t->json, "%s\n", str_text(&json));
    str_deinit(&json);
    return 0;
}

static int take_event(void *context, const struct event_row *row, struct err *e)
{
    struct told *t = (struct told *)context;
    struct str time = { 0 };
    archive_add_time(&time, row->wall_ms);
    listing_add_int(&t->listing, (int64_t)row->seq);
    listing_add(&t->listing, str_text(&time));
    listing_add(&t->listing, name_of(t, row->campaign));
    listing_add(&t->listing, event_kind_names[row->kind]);
    if (row->trial)
        listing_add_int(&t->listing, number_of(t, row->trial));
    else
        listing_add(&t->listing, "");
    if (row->rung >= 0 && row->kind != EVENT_STARTED)
        listing_add_int(&t->listing, row->rung);
    else
        listing_add(&t->listing, "");
    if (isfinite(row->value))
        listing_add_number(&t->listing, row->value);
    else
        listing_add(&t->listing, "");
    listing_addf(&t->listing, "%s%s%s", row->worker ? archive_worker(t->a, row->worker)->name : "",
        row->worker && *row->text ? ": " : "", row->text);
    str_deinit(&time);
    return 0;
}

int cli_events(const struct asking *q, int64_t n, FILE *out, struct err *e)
{
    static const char *const titles[] = { ">number", "time (UTC)", "campaign", "what", ">trial", ">rung", ">value",
        "" };
    struct archive a;
    if (archive_open_all(&a, q, e) < 0)
        return -1;
    struct told t = { .a = &a };
    struct event_filter filter = { .campaign = a.campaign, .max_rows = -n };
    listing_init(&t.listing, titles, 8);
    int status = store_load_trials(a.store, filter.campaign, take_trial, &t, e);
    if (status == 0)
        status = store_load_events(a.store, &filter, q->is_json ? take_event_json : take_event, &t, e);
    if (!q->is_json)
        listing_print(&t.listing, 0, &q->look, &t.json);
    if (status == 0)
        status = archive_print(&t.json, out, e);
    str_deinit(&t.json);
    listing_deinit(&t.listing);
    free(t.trials);
    archive_close(&a);
    return status;
}
