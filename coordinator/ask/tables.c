/* The commands whose answer is a table and nothing else. */
#include "coordinator/ask/table.h"

#include "coordinator/core/rows.h"

static int print(
    const struct asking *q, bool is_of_all, const struct table_form *form, const char *what, FILE *out, struct err *e)
{
    struct archive a;
    struct str title = { 0 };
    if ((is_of_all ? archive_open_all(&a, q, e) : archive_open(&a, q, e)) < 0)
        return -1;
    if (a.campaign && what)
        str_addf(&title, "%s: %s; the %s is %s", a.spec.name, campaign_state_names[a.state], what, a.spec.metric);
    int64_t n = table_print(&a, q, form, NULL, what ? str_text(&title) : NULL, out, e);
    str_deinit(&title);
    archive_close(&a);
    return n < 0 ? -1 : 0;
}

/* Those that ended badly, and what happened to them, beside what the user asks for. */
static int print_failed(const struct asking *q, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.trials/1",
        .rows = "trials",
        .from = QUESTION_TRIALS,
        .text_columns = "trial,state,budget,failure,failures,reason",
        .json_columns = "trial,state,bracket,rung,budget,attempts,failure,failures,reason,config",
        .csv_columns = "trial,state,bracket,rung,budget,attempts,failure,failures,reason" TABLE_PARAMS };
    struct asking failed = *q;
    struct str where = { 0 };
    str_add(&where, "state IN ('failed', 'set_aside')");
    if (q->where)
        str_addf(&where, " AND (%s)", q->where);
    failed.where = str_text(&where);
    int status = print(&failed, false, &form, NULL, out, e);
    str_deinit(&where);
    return status;
}

int cli_trials(const struct asking *q, FILE *out, struct err *e)
{
    if (q->is_failed)
        return print_failed(q, out, e);
    static const struct table_form form = { .schema = "rung.trials/1",
        .rows = "trials",
        .from = QUESTION_TRIALS,
        .text_columns = "trial,state,budget,value,config",
        .json_columns = "trial,state,bracket,rung,budget,value,attempts,config",
        .csv_columns = "trial,state,bracket,rung,budget,value,attempts" TABLE_PARAMS };
    return print(q, false, &form, "value", out, e);
}

int cli_brackets(const struct asking *q, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.brackets/1",
        .rows = "brackets",
        .from = QUESTION_BRACKETS,
        .text_columns = "bracket,rung,budget,entered,reached,failed,promoted,best",
        .json_columns = "bracket,rung,budget,entered,reached,failed,promoted,best",
        .csv_columns = "bracket,rung,budget,entered,reached,failed,promoted,best" };
    return print(q, false, &form, "best", out, e);
}

int cli_decisions(const struct asking *q, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.decisions/1",
        .rows = "decisions",
        .from = QUESTION_DECISIONS,
        .text_columns = "seq,trial,move,origin,bracket,rung,budget,n_candidates,score,rank,n_at_rung,line",
        .json_columns = NULL };
    return print(q, false, &form, NULL, out, e);
}

int cli_campaigns(const struct asking *q, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.campaigns/1",
        .rows = "campaigns",
        .from = QUESTION_CAMPAIGNS,
        .text_columns = "campaign,state,trials,best,value,budget,created" };
    struct asking all = *q;
    all.campaign = NULL;
    return print(&all, true, &form, NULL, out, e);
}

int cli_workers(const struct asking *q, FILE *out, struct err *e)
{
    static const struct table_form form = { .schema = "rung.workers/1",
        .rows = "workers",
        .from = QUESTION_WORKERS,
        .text_columns = "worker,host,state,slots,running,cores,load,reached,failures,version,kernel,why" };
    struct asking all = *q;
    all.campaign = NULL;
    return print(&all, true, &form, NULL, out, e);
}
