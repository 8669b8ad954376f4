/* campaign_search.c: `search` and `limits` of the campaign file. */
#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/proto/campaign_reader.h"

static const char *const model_names[] = { [MODEL_DEFAULT] = "default", [MODEL_BOHB] = "bohb" };

static void read_sampler(struct reader *r, json_value v, const char *pointer)
{
    int sampler;
    if (read_word(r, v, pointer, sampler_names, 3, "sampler", &sampler))
        r->spec->search.sampler = (enum sampler)sampler;
}

static void read_scheduler(struct reader *r, json_value v, const char *pointer)
{
    int scheduler;
    if (read_word(r, v, pointer, scheduler_names, 3, "scheduler", &scheduler))
        r->spec->search.scheduler = (enum scheduler)scheduler;
}

static void read_model(struct reader *r, json_value v, const char *pointer)
{
    int model;
    if (read_word(r, v, pointer, model_names, 2, "model", &model))
        r->spec->search.model = (enum search_model)model;
}

static void read_min_budget(struct reader *r, json_value v, const char *pointer)
{
    read_int(r, v, pointer, 1, LIMIT_BUDGET, &r->spec->search.min_budget);
}

static void read_max_budget(struct reader *r, json_value v, const char *pointer)
{
    read_int(r, v, pointer, 1, LIMIT_BUDGET, &r->spec->search.max_budget);
}

static void read_eta(struct reader *r, json_value v, const char *pointer)
{
    int64_t eta;
    if (read_int(r, v, pointer, 2, LIMIT_ETA, &eta))
        r->spec->search.eta = (int)eta;
}

void read_search(struct reader *r, json_value v, const char *pointer)
{
    static const struct field fields[] = {
        { "sampler", false, NULL, read_sampler },
        { "scheduler", false, NULL, read_scheduler },
        { "min_budget", false, NULL, read_min_budget },
        { "max_budget", true, "the budget of a full training, such as 50 epochs", read_max_budget },
        { "eta", false, NULL, read_eta },
        { "model", false, NULL, read_model },
    };
    read_fields(r, v, pointer, fields, sizeof fields / sizeof *fields);
}

static void read_duration(struct reader *r, json_value v, const char *pointer, int64_t *out)
{
    int64_t ms;
    if (json_type(v) != JSON_TEXT || !units_parse_duration(json_text(v), &ms))
        read_refuse(r, v, pointer, "a duration as a text, such as \"4h\", \"30m\", \"90s\" or \"1h30m\"");
    else if (ms < 1 || ms > LIMIT_TIMEOUT_DAYS * INT64_C(86400000))
        read_refuse(r, v, pointer, "a duration above 0 and up to %dd", LIMIT_TIMEOUT_DAYS);
    else
        *out = ms;
}

static void read_trials(struct reader *r, json_value v, const char *pointer)
{
    read_int(r, v, pointer, 1, LIMIT_TRIALS, &r->spec->limits.n_trials);
}

static void read_wall_clock(struct reader *r, json_value v, const char *pointer)
{
    read_duration(r, v, pointer, &r->spec->limits.wall_clock_ms);
}

static void read_trial_timeout(struct reader *r, json_value v, const char *pointer)
{
    read_duration(r, v, pointer, &r->spec->limits.trial_timeout_ms);
}

static void read_progress_timeout(struct reader *r, json_value v, const char *pointer)
{
    read_duration(r, v, pointer, &r->spec->limits.progress_timeout_ms);
}

static void read_trial_memory(struct reader *r, json_value v, const char *pointer)
{
    int64_t bytes;
    if (json_type(v) != JSON_TEXT || !units_parse_bytes(json_text(v), &bytes))
        read_refuse(r, v, pointer, "an amount of memory as a text, such as \"2GiB\" or \"500MB\"");
    else if (bytes < 1 << 20 || bytes > LIMIT_MEMORY_GIB * (INT64_C(1) << 30))
        read_refuse(r, v, pointer, "from 1MiB to %dGiB", LIMIT_MEMORY_GIB);
    else
        r->spec->limits.trial_memory_bytes = bytes;
}

static void read_checkpoints(struct reader *r, json_value v, const char *pointer)
{
    int64_t bytes;
    if (json_type(v) != JSON_TEXT || !units_parse_bytes(json_text(v), &bytes))
        read_refuse(r, v, pointer, "an amount of disk as a text, such as \"20GiB\" or \"500MB\"");
    else if (bytes < 1 || bytes > LIMIT_MEMORY_GIB * (INT64_C(1) << 30))
        read_refuse(r, v, pointer, "from 1B to %dGiB", LIMIT_MEMORY_GIB);
    else
        r->spec->limits.checkpoints_bytes = bytes;
}

void read_limits(struct reader *r, json_value v, const char *pointer)
{
    static const struct field fields[] = {
        { "trials", false, NULL, read_trials },
        { "wall_clock", false, NULL, read_wall_clock },
        { "trial_timeout", false, NULL, read_trial_timeout },
        { "progress_timeout", false, NULL, read_progress_timeout },
        { "trial_memory", false, NULL, read_trial_memory },
        { "checkpoints", false, NULL, read_checkpoints },
    };
    read_fields(r, v, pointer, fields, sizeof fields / sizeof *fields);
    if (json_type(v) == JSON_OBJECT && !json_get(v, "trials") && !json_get(v, "wall_clock"))
        problems_add(r->problems, pointer, "no end: expected \"trials\", \"wall_clock\", or both");
}
