#include "coordinator/store/tables.h"

#define N_OF(array) (sizeof(array) / sizeof *(array))

static const char *const move_words[] = { "start", "promote", "wait", "end" };
static const char *const origin_words[] = { "enqueued", "grid", "prior", "model", "quota", "endgame", "rung_complete",
    "none" };
const char *const goal_words[] = { "minimize", "maximize" };

/* clang-format off */
#define AT(member) offsetof(struct ROW, member)
#define WORDS(member, n, words) AT(member), n, words

#define ROW campaign_record
static const struct column campaign_columns[] = {
    { "id",         COLUMN_INT64, COLUMN_KEY,  AT(row.id) },
    { "name",       COLUMN_TEXT,  COLUMN_ONCE, AT(name) },
    { "metric",     COLUMN_TEXT,  COLUMN_ONCE, AT(metric) },
    { "goal",       COLUMN_WORD,  COLUMN_ONCE, WORDS(goal, N_OF(goal_words), goal_words) },
    { "max_budget", COLUMN_INT64, 0,           AT(max_budget) },
    { "file",       COLUMN_TEXT,  COLUMN_ONCE, AT(row.file) },
    { "state",      COLUMN_WORD,  0,           WORDS(row.state, CAMPAIGN_FAILED + 1, campaign_state_names) },
    { "created_ms", COLUMN_INT64, COLUMN_ONCE, AT(row.created_ms) },
    { "ended_ms",   COLUMN_INT64, 0,           AT(row.ended_ms) },
    { "ran_ms",     COLUMN_INT64, 0,           AT(row.ran_ms) },
};
#undef ROW

#define ROW trial_record
static const struct column trial_columns[] = {
    { "id",               COLUMN_INT64,  COLUMN_KEY,    AT(row.id) },
    { "campaign",         COLUMN_INT64,  COLUMN_ONCE,   AT(row.campaign) },
    { "number",           COLUMN_INT,    COLUMN_ONCE,   AT(row.number) },
    { "state",            COLUMN_WORD,   0,             WORDS(row.state, TRIAL_SET_ASIDE + 1, trial_state_names) },
    { "bracket",          COLUMN_INT,    COLUMN_ONCE,   AT(row.bracket) },
    { "rung",             COLUMN_INT,    0,             AT(row.rung) },
    { "budget",           COLUMN_INT64,  0,             AT(row.budget) },
    { "reached",          COLUMN_INT64,  0,             AT(row.reached) },
    { "value",            COLUMN_NUMBER, 0,             AT(row.value) },
    { "lease",            COLUMN_INT64,  0,             AT(row.lease) },
    { "worker",           COLUMN_INT64,  COLUMN_0_NULL, AT(row.worker) },
    { "n_attempts",       COLUMN_INT,    0,             AT(row.n_attempts) },
    { "n_broken",         COLUMN_INT,    0,             AT(row.n_broken) },
    { "broke_on_1",       COLUMN_INT64,  COLUMN_0_NULL, AT(row.broke_on[0]) },
    { "broke_on_2",       COLUMN_INT64,  COLUMN_0_NULL, AT(row.broke_on[1]) },
    { "broke_on_3",       COLUMN_INT64,  COLUMN_0_NULL, AT(row.broke_on[2]) },
    { "checkpoint",       COLUMN_CHARS,  0,             AT(row.checkpoint), HASH_TEXT },
    { "checkpoint_bytes", COLUMN_INT64,  0,             AT(row.checkpoint_bytes) },
    { "config",           COLUMN_TEXT,   COLUMN_ONCE,   AT(config) },
    { "x",                COLUMN_BYTES,  COLUMN_ONCE,   AT(x) },
};
#undef ROW

#define ROW result_row
static const struct column result_columns[] = {
    { "seq",         COLUMN_INT64,  COLUMN_KEY,      AT(seq) },
    { "trial",       COLUMN_INT64,  0,               AT(trial) },
    { "rung",        COLUMN_INT,    0,               AT(rung) },
    { "lease",       COLUMN_INT64,  0,               AT(lease) },
    { "worker",      COLUMN_INT64,  0,               AT(worker) },
    { "received_ms", COLUMN_INT64,  0,               AT(received_ms) },
    { "counted",     COLUMN_BOOL,   0,               AT(is_counted) },
    { "verdict",     COLUMN_TEXT,   0,               AT(verdict) },
    { "failure",     COLUMN_WORD,   COLUMN_NEG_NULL, WORDS(failure, FAILURE_N_KINDS, failure_kind_names) },
    { "value",       COLUMN_NUMBER, 0,               AT(value) },
    { "budget",      COLUMN_INT64,  0,               AT(budget) },
    { "seconds",     COLUMN_NUMBER, 0,               AT(seconds) },
    { "checkpoint",  COLUMN_TEXT,   0,               AT(checkpoint) },
    { "kernel",      COLUMN_TEXT,   0,               AT(kernel) },
};
#undef ROW

#define ROW attempt_row
static const struct column attempt_columns[] = {
    { "trial",       COLUMN_INT64,  COLUMN_KEY,      AT(trial) },
    { "lease",       COLUMN_INT64,  COLUMN_KEY,      AT(lease) },
    { "rung",        COLUMN_INT,    0,               AT(rung) },
    { "worker",      COLUMN_INT64,  0,               AT(worker) },
    { "budget_from", COLUMN_INT64,  0,               AT(budget_from) },
    { "budget_to",   COLUMN_INT64,  0,               AT(budget_to) },
    { "granted_ms",  COLUMN_INT64,  COLUMN_ONCE,     AT(granted_ms) },
    { "ended_ms",    COLUMN_INT64,  0,               AT(ended_ms) },
    { "outcome",     COLUMN_TEXT,   0,               AT(outcome) },
    { "reason",      COLUMN_TEXT,   0,               AT(reason) },
    { "seconds",     COLUMN_NUMBER, 0,               AT(seconds) },
    { "log_tail",    COLUMN_TEXT,   COLUMN_OPTIONAL, AT(log_tail) },
};
#undef ROW

#define ROW decision_row
static const struct column decision_columns[] = {
    { "seq",          COLUMN_INT64,  COLUMN_KEY, AT(seq) },
    { "saw",          COLUMN_INT64,  0,          AT(saw) },
    { "campaign",     COLUMN_INT64,  0,          AT(campaign) },
    { "trial",        COLUMN_INT64,  0,          AT(trial) },
    { "(SELECT number FROM trial AS t WHERE t.id = decision.trial)",
                      COLUMN_INT,    COLUMN_DERIVED, AT(decision.trial) },
    { "move",         COLUMN_WORD,   0,          WORDS(decision.move, N_OF(move_words), move_words) },
    { "origin",       COLUMN_WORD,   0,          WORDS(decision.origin, N_OF(origin_words), origin_words) },
    { "note",         COLUMN_TEXT,   0,          AT(decision.note) },
    { "bracket",      COLUMN_INT,    0,          AT(decision.bracket) },
    { "rung",         COLUMN_INT,    0,          AT(decision.rung) },
    { "budget",       COLUMN_INT64,  0,          AT(decision.budget) },
    { "n_candidates", COLUMN_INT,    0,          AT(decision.n_candidates) },
    { "score",        COLUMN_NUMBER, 0,          AT(decision.score) },
    { "score_rank",   COLUMN_INT,    0,          AT(decision.score_rank) },
    { "model_rung",   COLUMN_INT,    0,          AT(decision.model_rung) },
    { "n_good",       COLUMN_INT,    0,          AT(decision.n_good) },
    { "n_bad",        COLUMN_INT,    0,          AT(decision.n_bad) },
    { "n_pending",    COLUMN_INT,    0,          AT(decision.n_pending) },
    { "rank",         COLUMN_INT,    0,          AT(decision.rank) },
    { "n_at_rung",    COLUMN_INT,    0,          AT(decision.n_at_rung) },
    { "n_promoted",   COLUMN_INT,    0,          AT(decision.n_promoted) },
    { "loss",         COLUMN_NUMBER, 0,          AT(decision.loss) },
    { "line",         COLUMN_NUMBER, 0,          AT(decision.line) },
    { "n_running",    COLUMN_INT,    COLUMN_NEG_NULL, AT(decision.n_running) },
    { "running",      COLUMN_LIST,   0,          AT(decision.running) },
    { "best_first",   COLUMN_LIST,   0,          AT(decision.best_first) },
};
#undef ROW

#define ROW event_row
static const struct column event_columns[] = {
    { "seq",      COLUMN_INT64,  COLUMN_KEY,      AT(seq) },
    { "wall_ms",  COLUMN_INT64,  0,               AT(wall_ms) },
    { "kind",     COLUMN_WORD,   0,               WORDS(kind, EVENT_N_KINDS, event_kind_names) },
    { "campaign", COLUMN_INT64,  COLUMN_0_NULL,   AT(campaign) },
    { "trial",    COLUMN_INT64,  COLUMN_0_NULL,   AT(trial) },
    { "worker",   COLUMN_INT64,  COLUMN_0_NULL,   AT(worker) },
    { "rung",     COLUMN_INT,    COLUMN_NEG_NULL, AT(rung) },
    { "lease",    COLUMN_INT64,  COLUMN_0_NULL,   AT(lease) },
    { "value",    COLUMN_NUMBER, 0,               AT(value) },
    { "text",     COLUMN_TEXT,   0,               AT(text) },
};
#undef ROW

#define ROW worker_row
static const struct column worker_columns[] = {
    { "id",            COLUMN_INT64, COLUMN_KEY,  AT(id) },
    { "key",           COLUMN_INT64, COLUMN_ONCE, AT(key) },
    { "name",          COLUMN_TEXT,  0,           AT(name) },
    { "host",          COLUMN_TEXT,  0,           AT(host) },
    { "version",       COLUMN_TEXT,  0,           AT(version) },
    { "kernel",        COLUMN_TEXT,  0,           AT(kernel) },
    { "pid",           COLUMN_INT64, 0,           AT(pid) },
    { "slots",         COLUMN_INT64, 0,           AT(slots) },
    { "cores",         COLUMN_INT64, 0,           AT(cores) },
    { "first_seen_ms", COLUMN_INT64, 0,           AT(first_seen_ms) },
    { "last_seen_ms",  COLUMN_INT64, 0,           AT(last_seen_ms) },
    { "state",         COLUMN_TEXT,  0,           AT(state) },
    { "session",       COLUMN_INT64, 0,           AT(session) },
    { "n_bad",         COLUMN_INT,   0,           AT(n_bad) },
    { "bad_on_1",      COLUMN_INT64, COLUMN_0_NULL, AT(bad_on[0]) },
    { "bad_on_2",      COLUMN_INT64, COLUMN_0_NULL, AT(bad_on[1]) },
    { "bad_on_3",      COLUMN_INT64, COLUMN_0_NULL, AT(bad_on[2]) },
    { "n_set_aside",   COLUMN_INT,   0,           AT(n_set_aside) },
    { "why",           COLUMN_CHARS, 0,           AT(why), 320 },
    { "public_key",    COLUMN_CHARS, 0,           AT(public_key), KEY_TEXT },
    { "memory_bytes",  COLUMN_INT64, 0,           AT(memory_bytes) },
    { "load",          COLUMN_NUMBER, 0,          AT(load) },
};
#undef ROW

#define ROW blob_row
static const struct column blob_columns[] = {
    { "hash", COLUMN_CHARS, COLUMN_KEY, AT(hash), HASH_TEXT },
    { "size", COLUMN_INT64, 0,          AT(size) },
};
#undef ROW

#define ROW import_record
static const struct column import_columns[] = {
    { "campaign", COLUMN_INT64,  COLUMN_KEY, AT(row.campaign) },
    { "number",   COLUMN_INT64,  COLUMN_KEY, AT(row.number) },
    { "seq",      COLUMN_INT64,  0,          AT(row.seq) },
    { "budget",   COLUMN_INT64,  0,          AT(row.budget) },
    { "value",    COLUMN_NUMBER, 0,          AT(row.value) },
    { "config",   COLUMN_TEXT,   0,          AT(config) },
    { "x",        COLUMN_BYTES,  0,          AT(x) },
    { "source",   COLUMN_TEXT,   0,          AT(row.source) },
};
#undef ROW

#define ROW steer_record
static const struct column steer_columns[] = {
    { "seq",           COLUMN_INT64, COLUMN_KEY,      AT(row.seq) },
    { "wall_ms",       COLUMN_INT64, 0,               AT(row.wall_ms) },
    { "who",           COLUMN_TEXT,  0,               AT(row.who) },
    { "request",       COLUMN_INT64, 0,               AT(row.request) },
    { "campaign",      COLUMN_INT64, 0,               AT(row.campaign) },
    { "trial",         COLUMN_INT64, COLUMN_0_NULL,   AT(row.trial) },
    { "action",        COLUMN_WORD,  0,               WORDS(row.action, STEER_N_ACTIONS, steer_action_names) },
    { "n_trials",      COLUMN_INT64, COLUMN_0_NULL,   AT(row.n_trials) },
    { "max_budget",    COLUMN_INT64, COLUMN_0_NULL,   AT(row.max_budget) },
    { "wall_clock_ms", COLUMN_INT64, COLUMN_0_NULL,   AT(row.wall_clock_ms) },
    { "x",             COLUMN_BYTES, 0,               AT(x) },
    { "config",        COLUMN_TEXT,  COLUMN_OPTIONAL, AT(config) },
    { "text",          COLUMN_TEXT,  0,               AT(row.text) },
};
#undef ROW

#define COLUMNS(columns) columns, N_OF(columns)
const struct table tables[TABLE_N] = {
    [TABLE_CAMPAIGN] = { "campaign", COLUMNS(campaign_columns), 0 },
    [TABLE_TRIAL]    = { "trial",    COLUMNS(trial_columns),    0 },
    [TABLE_RESULT]   = { "result",   COLUMNS(result_columns),   0 },
    [TABLE_ATTEMPT]  = { "attempt",  COLUMNS(attempt_columns),  1 },
    [TABLE_DECISION] = { "decision", COLUMNS(decision_columns), 0 },
    [TABLE_EVENT]    = { "event",    COLUMNS(event_columns),    0 },
    [TABLE_WORKER]   = { "worker",   COLUMNS(worker_columns),   1 },
    [TABLE_BLOB]     = { "blob",     COLUMNS(blob_columns),     1 },
    [TABLE_IMPORT]   = { "import",   COLUMNS(import_columns),   0 },
    [TABLE_STEER]    = { "steer",    COLUMNS(steer_columns),    0 },
};
/* clang-format on */
