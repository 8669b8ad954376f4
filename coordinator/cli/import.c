#include "coordinator/cli/import.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mem.h"
#include "common/io/address.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "common/proto/message.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/fleet.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/run.h"
#include "coordinator/cli/submission.h"
#include "coordinator/exchange/foreign.h"

#define BATCH 200         /* results in one message */
#define SHOWN 5           /* of those that do not fit, unless all are asked for */
#define KNOWN_SKIPPED 500 /* that are looked through for the same trial: its points stand near each other */
#define ANSWER_MS 300     /* patience with a coordinator that is starting */
#define STORE_MODE 0700

struct skipped {
    const char *label; /* of the result */
    char *why;         /* owned */
};

struct import {
    const struct import_request *q;
    char *name; /* owned: of the campaign */
    char *file; /* owned: canonical, to be submitted first; NULL: it is there */
    struct campaign_spec spec;
    struct expr *expr;
    struct foreign foreign;
    struct record_import_point *points; /* owned, with their configurations: those that fit */
    size_t n_points;
    struct skipped *skipped;
    size_t n_skipped, cap_skipped;
    struct str ignored; /* parameters that the space does not have */
    struct client_import done;
};

/* ---- which campaign ---- */

static int take_file(struct import *m, struct err *e)
{
    struct submission file;
    int status = submission_read(&file, m->q->campaign, e);
    if (status == 0) {
        m->name = mem_strdup(file.name);
        m->file = mem_strdup(str_text(&file.canonical));
        status = campaign_from_canonical(m->file, strlen(m->file), &m->spec, e);
    }
    submission_deinit(&file);
    return status;
}

static int take_known(struct import *m, struct err *e)
{
    struct archive a;
    if (archive_open(&a, &(struct asking){ .store = m->q->store, .campaign = m->q->campaign }, e) < 0)
        return -1;
    int failed = archive_is_over(&a)
                     ? err_set(e, ERR_STATE, "campaign %s is over (%s): its model proposes nothing any more",
                           m->q->campaign, campaign_state_names[a.state])
                     : 0;
    const struct archived_campaign *c = a.campaigns;
    while (!failed && c->row.id != a.campaign)
        c++;
    if (!failed)
        failed = campaign_from_canonical(c->row.file, strlen(c->row.file), &m->spec, e);
    m->name = mem_strdup(m->q->campaign);
    archive_close(&a);
    return failed;
}

static int find_campaign(struct import *m, struct err *e)
{
    size_t len = strlen(m->q->campaign);
    bool is_file = len > 5 && strcmp(m->q->campaign + len - 5, ".json") == 0;
    int status = is_file ? take_file(m, e) : take_known(m, e);
    if (status == 0 && !(m->expr = expr_open(&m->spec, e)))
        status = -1;
    return status;
}

/* ---- what was measured elsewhere ---- */

static int read_store(struct import *m, const char *dir, struct err *e)
{
    struct archive a;
    struct takeout t = { 0 };
    if (archive_open(&a, &(struct asking){ .store = dir, .campaign = m->q->of_campaign }, e) < 0)
        return -1;
    const struct archived_campaign *c = a.campaigns;
    while (c->row.id != a.campaign)
        c++;
    int failed = takeout_open(&t, a.store, &c->row, &a.spec, NULL, e);
    if (!failed && strcmp(a.spec.metric, m->spec.metric) != 0)
        fprintf(stderr, "rung import: there the metric is %s, here %s: they are taken for the same\n", a.spec.metric,
            m->spec.metric);
    if (!failed)
        failed = foreign_read_campaign(&m->foreign, &t, e);
    takeout_close(&t);
    archive_close(&a);
    return failed;
}

static bool is_sqlite(const char *path)
{
    char magic[16] = "";
    FILE *file = fopen(path, "rbe");
    bool is_it =
        file && fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "SQLite format 3", 16) == 0;
    if (file)
        fclose(file);
    return is_it;
}

static int read_source(struct import *m, struct err *e)
{
    struct stat st;
    int64_t rungs[LIMIT_RUNGS];
    int n_rungs = search_bracket_rungs(&m->spec.search, 0, rungs);
    if (stat(m->q->from, &st) < 0)
        return err_set_errno(e, "%s", m->q->from);
    int failed = S_ISDIR(st.st_mode)     ? read_store(m, m->q->from, e)
                 : is_sqlite(m->q->from) ? foreign_read_optuna(&m->foreign, m->q->from, m->q->study, rungs, n_rungs, e)
                                         : foreign_read_csv(&m->foreign, m->q->from, &m->spec, e);
    if (!failed && m->foreign.goal >= 0 && m->foreign.goal != (int)m->spec.goal)
        return err_set(e, ERR_INVALID, "%s %s, and campaign %s %s: what is good there is bad here", m->q->from,
            m->foreign.goal == GOAL_MINIMIZE ? "minimizes" : "maximizes", m->name,
            m->spec.goal == GOAL_MINIMIZE ? "minimizes" : "maximizes");
    return failed;
}

static void fit_all(struct import *m)
{
    double x[LIMIT_PARAMS];
    m->points = mem_zalloc(m->foreign.n, sizeof *m->points);
    for (size_t i = 0; i < m->foreign.n; i++) {
        const struct foreign_result *r = &m->foreign.results[i];
        struct str why = { 0 }, config = { 0 };
        if (foreign_fit(r, &m->spec, m->expr, x, &why, &m->ignored)) {
            config_to_json(&m->spec.space, x, &config);
            m->points[m->n_points++] =
                (struct record_import_point){ .budget = r->budget ? r->budget : m->spec.search.max_budget,
                    .failed = isnan(r->value),
                    .value = isnan(r->value) ? 0 : r->value,
                    .config = str_take(&config) };
            str_deinit(&why);
            continue;
        }
        bool is_known = false; /* another point of a curve that was named */
        for (size_t k = 0; k < m->n_skipped && k < KNOWN_SKIPPED && !is_known; k++)
            is_known = str_equal(m->skipped[m->n_skipped - 1 - k].label, r->label);
        if (is_known) {
            str_deinit(&why);
            continue;
        }
        m->skipped = mem_grow(m->skipped, m->n_skipped, &m->cap_skipped, sizeof *m->skipped);
        m->skipped[m->n_skipped++] = (struct skipped){ r->label, str_take(&why) };
    }
}

/* ---- giving it ---- */

static int send_all(struct import *m, struct client *c, struct err *e)
{
    const char *slash = strrchr(m->q->from, '/');
    const char *source = slash && slash[1] ? slash + 1 : m->q->from;
    size_t batch = BATCH;
    for (size_t i = 0; i < m->n_points;) {
        size_t n = m->n_points - i < batch ? m->n_points - i : batch;
        struct client_import part;
        if (client_import(c, m->name, source, m->points + i, n, &part, e) < 0) {
            if (e->code != ERR_LIMIT || batch == 1)
                return -1;
            batch = (batch + 1) / 2;
            continue;
        }
        i += n;
        m->done.n_taken += part.n_taken;
        m->done.n_known += part.n_known;
        m->done.n_low += part.n_low;
    }
    return 0;
}

static int give(struct import *m, struct client *c, struct err *e)
{
    struct client_submitted submitted;
    if (m->file && client_submit(c, m->file, &submitted, e) < 0)
        return -1;
    client_set_patience(c, CLIENT_PATIENCE_MS);
    return send_all(m, c, e);
}

/* A coordinator of our own, which is told nothing but this. */
static int give_alone(struct import *m, const char *store, const struct address *address, struct err *e)
{
    struct fleet fleet = { 0 };
    struct client *c = NULL;
    interrupt_watch();
    int status = fleet_init(&fleet, store, address->text, 0, 1, e);
    if (status == 0 && (status = fleet_start_coordinator(&fleet, system_monotonic_ms(), e)) == 0 &&
        !(c = client_open(address->text, NULL, e)))
        status = -1;
    if (c)
        client_set_patience(c, ANSWER_MS);
    while (status == 0 && (status = give(m, c, e)) < 0 && e->code == ERR_UNREACHABLE && interrupt_count() == 0)
        status = fleet_tend(&fleet, system_monotonic_ms(), e);
    client_close(c);
    fleet_end_coordinator(&fleet, SIGTERM);
    while (fleet_has_coordinator(&fleet))
        interrupt_sleep(5);
    fleet_deinit(&fleet);
    return status;
}

static int give_all(struct import *m, struct err *e)
{
    struct str store = { 0 };
    struct address address;
    struct client *c = NULL;
    int status = file_absolute(m->q->store, &store, e);
    if (status == 0 && m->file)
        status = file_make_directory(str_text(&store), STORE_MODE, e);
    int is_served = status == 0 ? run_store_is_served(str_text(&store), e) : -1;
    if (is_served < 0 || address_for_store(str_text(&store), getenv("XDG_RUNTIME_DIR"), &address, e) < 0)
        status = -1;
    else if (is_served > 0)
        status = (c = client_open(address.text, NULL, e)) ? give(m, c, e) : -1;
    else
        status = give_alone(m, str_text(&store), &address, e);
    client_close(c);
    str_deinit(&store);
    return status;
}

/* ---- saying it ---- */

static void print_json(const struct import *m, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.import/1");
    json_add_text(out, "campaign", m->name);
    json_add_text(out, "source", m->q->from);
    json_add_bool(out, "is_dry_run", m->q->is_dry);
    json_add_int(out, "fit", (int64_t)m->n_points);
    json_add_int(out, "taken", m->done.n_taken);
    json_add_int(out, "known", m->done.n_known);
    json_add_int(out, "low", m->done.n_low);
    json_add_int(out, "silent", (int64_t)m->foreign.n_silent);
    json_add_text(out, "ignored", str_text(&m->ignored));
    json_put_key(out, "skipped");
    json_open_array(out);
    for (size_t i = 0; i < m->n_skipped; i++) {
        json_open_object(out);
        json_add_text(out, "what", m->skipped[i].label);
        json_add_text(out, "why", m->skipped[i].why);
        json_close_object(out);
    }
    json_close_array(out);
    json_close_object(out);
    str_add_char(out, '\n');
}

static void say_rest(const struct import *m)
{
    struct str line = { 0 };
    for (size_t i = 0; i < m->n_skipped && i < SHOWN; i++) {
        str_clear(&line);
        str_addf(&line, "%s does not fit: %s", m->skipped[i].label, m->skipped[i].why);
        struct str safe = { 0 };
        view_text(&safe, str_text(&line), 400);
        fprintf(stderr, "rung import: %s\n", str_text(&safe));
        str_deinit(&safe);
    }
    str_deinit(&line);
    if (m->n_skipped > SHOWN)
        fprintf(stderr, "rung import: and %zu more do not fit; --json lists all\n", m->n_skipped - SHOWN);
    if (m->foreign.n_silent)
        fprintf(stderr,
            "rung import: %zu trials there say nothing: not finished, or without a value at a known budget\n",
            m->foreign.n_silent);
    if (m->ignored.len)
        fprintf(stderr, "rung import: not in the space of %s, and left out: %s\n", m->name, str_text(&m->ignored));
}

static int say(struct import *m, FILE *out, struct err *e)
{
    struct str text = { 0 };
    if (m->q->is_json) {
        print_json(m, &text);
        return archive_print(&text, out, e);
    }
    say_rest(m);
    if (m->q->is_dry)
        str_addf(&text, "%zu of %zu results would be given to the model of %s\n", m->n_points, m->foreign.n, m->name);
    else {
        str_addf(&text, "%lld results were given to the model of %s", (long long)m->done.n_taken, m->name);
        if (m->done.n_known)
            str_addf(&text, "; %lld were there already", (long long)m->done.n_known);
        if (m->done.n_low)
            str_addf(&text, "; %lld reach no rung", (long long)m->done.n_low);
        str_add_char(&text, '\n');
    }
    return archive_print(&text, out, e);
}

static void import_deinit(struct import *m)
{
    for (size_t i = 0; i < m->n_points; i++)
        free((void *)(uintptr_t)m->points[i].config);
    for (size_t i = 0; i < m->n_skipped; i++)
        free(m->skipped[i].why);
    free(m->points);
    free(m->skipped);
    foreign_deinit(&m->foreign);
    expr_close(m->expr);
    campaign_spec_deinit(&m->spec);
    str_deinit(&m->ignored);
    free(m->name);
    free(m->file);
}

int cli_import(const struct import_request *q, FILE *out, struct err *e)
{
    struct import m = { .q = q };
    if (!q->from)
        return err_set(e, ERR_USAGE, "--from PATH is needed: a storage of Optuna, a CSV table, or a store of Rung");
    int status = find_campaign(&m, e);
    if (status == 0)
        status = read_source(&m, e);
    if (status == 0) {
        fit_all(&m);
        if (m.n_points > 0 && !q->is_dry)
            status = give_all(&m, e);
        if (status == 0)
            status = say(&m, out, e);
        if (status == 0 && m.n_points == 0)
            status = err_set(e, ERR_INVALID, "nothing in %s fits campaign %s", q->from, m.name);
    }
    import_deinit(&m);
    return status;
}
