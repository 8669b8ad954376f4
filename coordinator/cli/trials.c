#include <math.h>
#include <string.h>

#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/cli/archive.h"
#include "coordinator/cli/listing.h"

struct trials {
    const struct archive *a;
    struct str text; /* of JSON and CSV */
    struct listing listing;
};

static int take_json(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct trials *t = (struct trials *)context;
    struct archived_trial kept;
    if (archive_keep(t->a, row, n_x, &kept, e) < 0)
        return -1;
    json_open_object(&t->text);
    json_add_int(&t->text, "trial", row->number);
    json_add_text(&t->text, "state", trial_state_names[row->state]);
    json_add_int(&t->text, "budget", row->reached);
    archive_add_number(&t->text, "value", row->value);
    archive_add_config(t->a, kept.x, false, &t->text);
    json_close_object(&t->text);
    return 0;
}

static int add_json(struct archive *a, struct trials *t, struct err *e)
{
    json_open_object(&t->text);
    json_add_text(&t->text, "schema", "rung.trials/1");
    json_add_text(&t->text, "campaign", a->spec.name);
    json_put_key(&t->text, "trials");
    json_open_array(&t->text);
    int failed = store_load_trials(a->store, a->campaign, take_json, t, e);
    json_close_array(&t->text);
    json_close_object(&t->text);
    str_add_char(&t->text, '\n');
    return failed;
}

/* ---- CSV (RFC 4180) ---- */

/* Quoted where it must be. What a spreadsheet would take for a formula gets an apostrophe in front. */
static void add_csv_text(struct str *csv, const char *text)
{
    bool is_formula = *text && strchr("=+-@\t\r", *text);
    if (!is_formula && !strpbrk(text, ",\"\r\n")) {
        str_add(csv, text);
        return;
    }
    str_add(csv, is_formula ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            str_add_char(csv, '"');
        str_add_char(csv, *text);
    }
    str_add_char(csv, '"');
}

static void add_csv_value(struct str *csv, const struct param *p, double x)
{
    struct str json = { 0 };
    if (p->type == PARAM_CATEGORICAL && !isnan(x) && p->choices[(int)x].type == CHOICE_TEXT)
        add_csv_text(csv, p->choices[(int)x].text);
    else if (!isnan(x)) {
        config_put_value(p, x, &json);
        str_add(csv, str_text(&json));
    }
    str_deinit(&json);
}

static int take_csv(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct trials *t = (struct trials *)context;
    struct archived_trial kept;
    if (archive_keep(t->a, row, n_x, &kept, e) < 0)
        return -1;
    str_addf(&t->text, "%u,%s,%lld,", row->number, trial_state_names[row->state], (long long)row->reached);
    if (isfinite(row->value)) {
        struct str value = { 0 };
        json_put_number(&value, row->value);
        str_add(&t->text, str_text(&value));
        str_deinit(&value);
    }
    for (int i = 0; i < n_x; i++) {
        str_add_char(&t->text, ',');
        add_csv_value(&t->text, &t->a->spec.space.params[i], kept.x[i]);
    }
    str_add(&t->text, "\r\n");
    return 0;
}

static int add_csv(struct archive *a, struct trials *t, struct err *e)
{
    str_add(&t->text, "trial,state,budget,value");
    for (int i = 0; i < a->spec.space.n_params; i++) {
        str_add_char(&t->text, ',');
        add_csv_text(&t->text, a->spec.space.params[i].name);
    }
    str_add(&t->text, "\r\n");
    return store_load_trials(a->store, a->campaign, take_csv, t, e);
}

/* ---- text ---- */

static int take_text(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct trials *t = (struct trials *)context;
    struct archived_trial kept;
    if (archive_keep(t->a, row, n_x, &kept, e) < 0)
        return -1;
    listing_add_int(&t->listing, row->number);
    listing_add(&t->listing, trial_state_names[row->state]);
    listing_add_int(&t->listing, row->reached);
    listing_add_number(&t->listing, row->value);
    archive_list_config(t->a, kept.x, &t->listing);
    return 0;
}

static int add_text(struct archive *a, struct trials *t, const struct view_look *look, struct err *e)
{
    static const char *const titles[] = { ">trial", "state", ">budget", ">value", "configuration" };
    listing_init(&t->listing, titles, 5);
    int failed = store_load_trials(a->store, a->campaign, take_text, t, e);
    archive_add_line(&t->text, look, VIEW_BOLD, "%s: %s; the value is %s", a->spec.name, campaign_state_names[a->state],
        a->spec.metric);
    listing_print(&t->listing, 0, look, &t->text);
    listing_deinit(&t->listing);
    return failed;
}

int cli_trials(const struct asking *q, bool is_csv, FILE *out, struct err *e)
{
    struct archive a;
    if (archive_open(&a, q, e) < 0)
        return -1;
    struct trials t = { .a = &a };
    int status = q->is_json ? add_json(&a, &t, e) : is_csv ? add_csv(&a, &t, e) : add_text(&a, &t, &q->look, e);
    if (status == 0)
        status = archive_print(&t.text, out, e);
    str_deinit(&t.text);
    archive_close(&a);
    return status;
}
