#include "coordinator/cli/commands_ask.h"

#include <ctype.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/str.h"
#include "coordinator/ask/asking.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/screen.h"

/* ---- the options ---- */

/* clang-format off */
#define CSV_ROW     { "csv", 0, NULL, "as CSV, for spreadsheets" }
#define WHERE_ROW   { "where", 'W', "SQL", "of those for which this holds" }
#define COLUMNS_ROW { "columns", 'C', "A,B,C", "these columns" }

const struct option_row ask_rows[] = { STORE_ROW, JSON_ROW, { 0 } };
const struct option_row ask_table_rows[] = {
    STORE_ROW,
    WHERE_ROW,
    { "sort", 'S', "COLUMN[:desc]", "in this order" },
    COLUMNS_ROW,
    { "limit", 'n', "N", "the first N" },
    CSV_ROW,
    JSON_ROW,
    { 0 },
};
const struct option_row ask_trials_rows[] = {
    STORE_ROW,
    { "failed", 'F', NULL, "those that failed or were set aside, and why" },
    WHERE_ROW,
    { "sort", 'S', "COLUMN[:desc]", "in this order" },
    COLUMNS_ROW,
    { "limit", 'n', "N", "the first N" },
    CSV_ROW,
    JSON_ROW,
    { 0 },
};
const struct option_row ask_best_rows[] = {
    STORE_ROW,
    { "top", 't', "N", "the first N of the ranking" },
    WHERE_ROW,
    { "format", 'f', "args|env|json|campaign", "the configuration alone, to paste" },
    COLUMNS_ROW,
    CSV_ROW,
    JSON_ROW,
    { 0 },
};
const struct option_row ask_curve_rows[] = {
    STORE_ROW,
    { "metric", 'm', "NAME", "of this metric (default: the objective's)" },
    CSV_ROW,
    JSON_ROW,
    { 0 },
};
const struct option_row ask_importance_rows[] = {
    STORE_ROW,
    { "budget", 'b', "N", "by the values at this budget" },
    CSV_ROW,
    JSON_ROW,
    { 0 },
};
const struct option_row ask_logs_rows[] = {
    STORE_ROW,
    { "attempt", 'a', "N", "of this attempt (default: the last that printed)" },
    { 0 },
};
const struct option_row ask_events_rows[] = {
    STORE_ROW,
    { "last", 'n', "N", "only the last N" },
    WHERE_ROW,
    COLUMNS_ROW,
    CSV_ROW,
    JSON_ROW,
    { 0 },
};

const char ask_detail[] =
    "Answers from the store, whether a coordinator runs or not; without a campaign's\n"
    "name, about the one that was begun last.\n";

const char ask_table_detail[] =
    "Answers from the store, whether a coordinator runs or not; without a campaign's\n"
    "name, about the one that was begun last. --where takes an SQL expression over\n"
    "the columns: --where \"hidden_size > 128 and state = 'completed'\". Each parameter\n"
    "of the campaign is a column of its trials.\n";

const char ask_store_detail[] =
    "Answers from the store, whether a coordinator runs or not. --where takes an SQL\n"
    "expression over the columns: --where \"state = 'running'\".\n";

const char ask_best_detail[] =
    "The trial that trained furthest, and of those the best; without a campaign's\n"
    "name, of the one that was begun last. --where \"hidden_size <= 64\" asks among\n"
    "those alone. --format args prints --hidden_size 64 ..., env lines for a shell,\n"
    "json the configuration, campaign a campaign file that tries it first.\n";

const char ask_curve_detail[] =
    "Draws what trials reported step by step, one below the other's mark; --json and\n"
    "--csv print the points. Without a campaign's name, of the one begun last.\n";

const char ask_importance_detail[] =
    "How much each parameter decides whether a trial is among the best tenth, at one\n"
    "budget, by PED-ANOVA (Watanabe, Bansal, Hutter 2023). Without --budget it takes\n"
    "the highest one that enough trials reached, and says which.\n";
/* clang-format on */

/* ---- options to questions ---- */

/* `campaign` may be NULL. */
static struct asking asking_of(const struct options *o, const char *campaign)
{
    return (struct asking){ .store = options_text(o, "store", DEFAULT_STORE),
        .campaign = campaign,
        .look = screen_print_look(),
        .is_json = options_knows(o, "json") && options_has(o, "json"),
        .is_csv = options_knows(o, "csv") && options_has(o, "csv"),
        .is_failed = options_knows(o, "failed") && options_has(o, "failed"),
        .where = options_knows(o, "where") ? options_text(o, "where", NULL) : NULL,
        .sort = options_knows(o, "sort") ? options_text(o, "sort", NULL) : NULL,
        .columns = options_knows(o, "columns") ? options_text(o, "columns", NULL) : NULL };
}

static int refuse_both(const struct asking *q, struct err *e)
{
    return q->is_json && q->is_csv ? err_set(e, ERR_USAGE, "--json and --csv are two answers; choose one") : 0;
}

static const char *only_word(const struct options *o)
{
    return o->n_words ? o->words[0] : NULL;
}

/* Of "[CAMPAIGN] TRIAL". */
static const char *campaign_before_trial(const struct options *o)
{
    return o->n_words > 1 ? o->words[0] : NULL;
}

static int table(const struct options *o, int (*print)(const struct asking *, FILE *, struct err *), struct err *e)
{
    struct asking q = asking_of(o, only_word(o));
    if (refuse_both(&q, e) < 0 || options_int(o, "limit", 1, LIMIT_TRIALS, &q.limit, e) < 0)
        return -1;
    return print(&q, stdout, e);
}

int ask_trials(const struct options *o, struct err *e)
{
    return table(o, cli_trials, e);
}

int ask_brackets(const struct options *o, struct err *e)
{
    return table(o, cli_brackets, e);
}

int ask_workers(const struct options *o, struct err *e)
{
    return table(o, cli_workers, e);
}

int ask_campaigns(const struct options *o, struct err *e)
{
    return table(o, cli_campaigns, e);
}

int ask_decisions(const struct options *o, struct err *e)
{
    return table(o, cli_decisions, e);
}

/* ---- the others ---- */

static int read_format(const struct options *o, enum best_format *out, struct err *e)
{
    static const char *const names[] = { [BEST_TEXT] = "text",
        [BEST_ARGS] = "args",
        [BEST_ENV] = "env",
        [BEST_CONFIG] = "json",
        [BEST_CAMPAIGN] = "campaign" };
    const char *said = options_text(o, "format", names[BEST_TEXT]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(said, names[i]) == 0) {
            *out = (enum best_format)i;
            return 0;
        }
    const char *near = str_nearest(said, names, sizeof names / sizeof *names);
    return err_set(e, ERR_USAGE, "--format takes args, env, json, campaign or text, not \"%s\"%s%s%s", said,
        near ? "; is it " : "", near ? near : "", near ? "?" : "");
}

int ask_best(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, only_word(o));
    enum best_format format = BEST_TEXT;
    int64_t top = 0;
    if (refuse_both(&q, e) < 0 || options_int(o, "top", 1, LIMIT_TRIALS, &top, e) < 0 || read_format(o, &format, e) < 0)
        return -1;
    if (format != BEST_TEXT && (q.is_json || q.is_csv || q.columns))
        return err_set(e, ERR_USAGE, "--format stands alone, without --json, --csv and --columns");
    return cli_best(&q, top, format, stdout, e);
}

int ask_show(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, campaign_before_trial(o));
    return cli_show(&q, o->words[o->n_words - 1], stdout, e);
}

int ask_explain(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, campaign_before_trial(o));
    return cli_explain(&q, o->words[o->n_words - 1], stdout, e);
}

/* The first word is a campaign unless it is a number. */
int ask_curve(const struct options *o, struct err *e)
{
    int n_names = !isdigit((unsigned char)o->words[0][0]);
    struct asking q = asking_of(o, n_names ? o->words[0] : NULL);
    if (o->n_words == n_names)
        return err_set(e, ERR_USAGE, "which trial? usage: rung curve [CAMPAIGN] TRIAL...");
    if (refuse_both(&q, e) < 0)
        return -1;
    return cli_curve(&q, o->words + n_names, o->n_words - n_names, options_text(o, "metric", NULL), stdout, e);
}

int ask_importance(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, only_word(o));
    int64_t budget = 0;
    if (refuse_both(&q, e) < 0 || options_int(o, "budget", 1, LIMIT_BUDGET, &budget, e) < 0)
        return -1;
    return cli_importance(&q, budget, stdout, e);
}

int ask_logs(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, campaign_before_trial(o));
    int64_t attempt = 0;
    if (options_int(o, "attempt", 1, INT64_MAX, &attempt, e) < 0)
        return -1;
    return cli_logs(&q, o->words[o->n_words - 1], attempt, stdout, e);
}

int ask_events(const struct options *o, struct err *e)
{
    struct asking q = asking_of(o, only_word(o));
    int64_t n = 0;
    if (refuse_both(&q, e) < 0 || options_int(o, "last", 1, INT64_MAX, &n, e) < 0)
        return -1;
    return cli_events(&q, n, stdout, e);
}
