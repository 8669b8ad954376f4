#include "coordinator/cli/replay.h"

#include <stdlib.h>

#include "common/base/exit_status.h"
#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/progress.h"
#include "coordinator/rebuild/replay.h"
#include "coordinator/store/ask.h"

struct replaying {
    struct archive a;
    struct replay_report *reports; /* by campaign; owned */
    struct progress progress;
    size_t at;
};

static bool tick(void *context, int64_t n_done, int64_t n_all)
{
    struct replaying *r = context;
    char what[160];
    snprintf(what, sizeof what, "decision %lld of %lld of %s", (long long)n_done, (long long)n_all,
        r->a.campaigns[r->at].name);
    progress_say(&r->progress, n_all ? (double)n_done / (double)n_all : 1, what);
    return interrupt_count() == 0;
}

static bool is_meant(const struct replaying *r, size_t i)
{
    return r->a.campaign == 0 || r->a.campaigns[i].row.id == r->a.campaign;
}

static int replay_all(struct replaying *r, struct err *e)
{
    for (r->at = 0; r->at < r->a.n_campaigns; r->at++) {
        if (!is_meant(r, r->at))
            continue;
        const struct archived_campaign *c = &r->a.campaigns[r->at];
        if (replay_campaign(r->a.store, &c->row, tick, r, &r->reports[r->at], e) < 0) {
            if (interrupt_count() > 0)
                return err_set(e, ERR_INTERRUPTED, "interrupted in campaign %s after %lld decisions that agree",
                    c->name, (long long)r->reports[r->at].n_agreed);
            return err_prefix(e, "campaign %s", c->name);
        }
    }
    return 0;
}

static void say(const struct archived_campaign *c, const struct replay_report *r, struct str *out)
{
    if (r->seq == 0) {
        str_addf(out, "%s: all %lld decisions are the same, bit for bit\n", c->name, (long long)r->n_decisions);
        return;
    }
    str_addf(out, "%s: decision %llu", c->name, (unsigned long long)r->seq);
    if (r->trial)
        str_addf(out, ", about trial %u,", r->trial);
    str_addf(out, " differs: its %s was kept as %s, and is %s when computed again from the events up to %llu\n",
        str_text(&r->difference.what), str_text(&r->difference.kept), str_text(&r->difference.again),
        (unsigned long long)r->saw);
    str_addf(out, "  the %lld decisions before it agree; the store has %lld\n", (long long)r->n_agreed,
        (long long)r->n_decisions);
}

static void add_json(const struct archived_campaign *c, const struct replay_report *r, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "campaign", c->name);
    json_add_int(out, "decisions", r->n_decisions);
    json_add_int(out, "agree", r->n_agreed);
    if (r->seq) {
        json_put_key(out, "differs");
        json_open_object(out);
        json_add_int(out, "decision", (int64_t)r->seq);
        json_add_int(out, "saw", (int64_t)r->saw);
        json_add_int(out, "trial", r->trial);
        json_add_text(out, "what", str_text(&r->difference.what));
        json_add_text(out, "kept", str_text(&r->difference.kept));
        json_add_text(out, "again", str_text(&r->difference.again));
        json_close_object(out);
    }
    json_close_object(out);
}

static void put_all(const struct replaying *r, bool is_json, bool is_same, struct str *out)
{
    if (is_json) {
        json_open_object(out);
        json_add_text(out, "schema", "rung.replay/1");
        json_add_bool(out, "agree", is_same);
        json_put_key(out, "campaigns");
        json_open_array(out);
    }
    for (size_t i = 0; i < r->a.n_campaigns; i++)
        if (is_meant(r, i))
            (is_json ? add_json : say)(&r->a.campaigns[i], &r->reports[i], out);
    if (is_json) {
        json_close_array(out);
        json_close_object(out);
        str_add_char(out, '\n');
    }
}

static bool all_agree(const struct replaying *r)
{
    bool is_same = true;
    for (size_t i = 0; i < r->a.n_campaigns; i++)
        is_same = is_same && r->reports[i].seq == 0;
    return is_same;
}

static int replay(struct replaying *r, bool is_json, FILE *out, struct err *e)
{
    r->reports = mem_zalloc(r->a.n_campaigns + 1, sizeof *r->reports);
    progress_open(&r->progress, is_json);
    int status = replay_all(r, e);
    progress_close(&r->progress);
    if (status == 0) {
        struct str text = { 0 };
        bool is_same = all_agree(r);
        put_all(r, is_json, is_same, &text);
        status = archive_print(&text, out, e) < 0 ? -1 : is_same ? EXIT_STATUS_OK : EXIT_STATUS_DIFFERS;
        str_deinit(&text);
    }
    for (size_t i = 0; i < r->a.n_campaigns; i++)
        replay_report_deinit(&r->reports[i]);
    free(r->reports);
    return status;
}

int cli_replay(const char *store, const char *campaign, bool is_json, FILE *out, struct err *e)
{
    struct replaying r = { 0 };
    struct asking q = { .store = store, .campaign = campaign };
    interrupt_watch();
    int status = campaign ? archive_open(&r.a, &q, e) : archive_open_all(&r.a, &q, e);
    if (status == 0)
        status = store_hold(r.a.store, e);
    if (status == 0)
        status = replay(&r, is_json, out, e);
    if (r.a.store)
        store_let_go(r.a.store);
    archive_close(&r.a);
    return status;
}
