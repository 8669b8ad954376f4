#include <math.h>

#include "common/proto/campaign.h"
#include "common/proto/json.h"
#include "coordinator/cli/archive.h"
#include "coordinator/store/ask.h"

/* What is told of one campaign beside its row. */
struct summary {
    int64_t n_trials;
    uint32_t best;
    double value;
    int64_t budget;
};

static int count_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    ((struct summary *)context)->n_trials++;
    return 0;
}

static int take_best(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct summary *s = (struct summary *)context;
    s->best = row->number;
    s->value = row->value;
    s->budget = row->reached;
    return 0;
}

static int summarize(struct archive *a, int64_t campaign, struct summary *out, struct err *e)
{
    *out = (struct summary){ .value = NAN };
    if (store_load_trials(a->store, campaign, count_trial, out, e) < 0)
        return -1;
    return store_ask_ranking(a->store, campaign, 1, take_best, out, e);
}

static void add_json(const struct archived_campaign *c, const struct summary *s, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "campaign", c->name);
    json_add_text(json, "state", campaign_state_names[c->row.state]);
    json_add_int(json, "trials", s->n_trials);
    json_add_int(json, "created_ms", c->row.created_ms);
    json_add_int(json, "ended_ms", c->row.ended_ms);
    json_add_int(json, "ran_ms", c->row.ran_ms);
    if (s->best)
        json_add_int(json, "best", s->best);
    else
        json_add_raw(json, "best", "null");
    archive_add_number(json, "value", s->value);
    json_add_int(json, "budget", s->budget);
    json_close_object(json);
}

static void add_row(const struct archived_campaign *c, const struct summary *s, struct listing *l)
{
    struct str cell = { 0 };
    listing_add(l, c->name);
    listing_add(l, campaign_state_names[c->row.state]);
    listing_add_int(l, s->n_trials);
    if (s->best)
        listing_add_int(l, s->best);
    else
        listing_add(l, "-");
    listing_add_number(l, s->value);
    listing_add_int(l, s->budget);
    archive_add_time(&cell, c->row.created_ms);
    listing_add(l, str_text(&cell));
    str_clear(&cell);
    view_duration(&cell, c->row.ran_ms);
    listing_add(l, str_text(&cell));
    str_deinit(&cell);
}

static int answer(struct archive *a, bool is_json, struct listing *l, struct str *text, struct err *e)
{
    int failed = 0;
    json_open_object(text);
    json_add_text(text, "schema", "rung.campaigns/1");
    json_put_key(text, "campaigns");
    json_open_array(text);
    for (size_t i = 0; i < a->n_campaigns && !failed; i++) {
        struct summary s;
        failed = summarize(a, a->campaigns[i].row.id, &s, e);
        if (!failed && is_json)
            add_json(&a->campaigns[i], &s, text);
        else if (!failed)
            add_row(&a->campaigns[i], &s, l);
    }
    json_close_array(text);
    json_close_object(text);
    str_add_char(text, '\n');
    return failed;
}

int cli_campaigns(const struct asking *q, FILE *out, struct err *e)
{
    static const char *const titles[] = { "campaign", "state", ">trials", ">best", ">value", ">budget", "created (UTC)",
        ">ran" };
    struct archive a;
    struct asking all = *q;
    struct listing l;
    struct str text = { 0 };
    all.campaign = NULL;
    if (archive_open_all(&a, &all, e) < 0)
        return -1;
    listing_init(&l, titles, 8);
    int status = answer(&a, q->is_json, &l, &text, e);
    if (!q->is_json) {
        str_clear(&text);
        listing_print(&l, 0, &q->look, &text);
    }
    if (status == 0)
        status = archive_print(&text, out, e);
    listing_deinit(&l);
    str_deinit(&text);
    archive_close(&a);
    return status;
}
