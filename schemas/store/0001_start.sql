-- The first form of rung.db. Never edited once released: a change is the next number.
-- Times end in _ms: Unix time in milliseconds. Words stand as words. Absent is NULL, and a number that would be NaN is absent.

CREATE TABLE meta (
    k TEXT PRIMARY KEY,                     -- boot: how often a coordinator has opened this file
    v ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    metric     TEXT NOT NULL,               -- of the objective
    goal       TEXT NOT NULL CHECK (goal IN ('minimize', 'maximize')),
    max_budget INTEGER NOT NULL,
    file       TEXT NOT NULL, -- the campaign file, every default explicit
    state      TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'stopped', 'failed')),
    created_ms INTEGER NOT NULL,
    ended_ms   INTEGER NOT NULL,            -- 0 while it runs
    ran_ms     INTEGER NOT NULL             -- time that it could run
) STRICT;

CREATE TABLE trial (
    id               INTEGER PRIMARY KEY,
    campaign         INTEGER NOT NULL REFERENCES campaign DEFERRABLE INITIALLY DEFERRED,
    number           INTEGER NOT NULL CHECK (number > 0), -- in its campaign
    state            TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'completed', 'stopped', 'failed', 'set_aside')),
    bracket          INTEGER NOT NULL,
    rung             INTEGER NOT NULL,      -- queued, running: the one to reach; else the last one reached, -1 before the first
    budget           INTEGER NOT NULL,      -- training that the checkpoint has
    reached          INTEGER NOT NULL,      -- the budget of the last counted result, 0 before the first
    value            REAL,                  -- the objective there
    lease            INTEGER NOT NULL,      -- the last number given
    worker           INTEGER,               -- the holder, while it runs
    n_attempts       INTEGER NOT NULL,
    n_broken         INTEGER NOT NULL,      -- times it was lost or stuck since its last counted result
    broke_on_1       INTEGER,               -- the first different workers on which it was
    broke_on_2       INTEGER,
    broke_on_3       INTEGER,
    checkpoint       TEXT NOT NULL,         -- SHA-256; empty: none
    checkpoint_bytes INTEGER NOT NULL,
    config           TEXT NOT NULL,         -- JSON, for people
    x                BLOB NOT NULL,         -- the same as doubles, little-endian, one a parameter of the space, as the search sees them
    UNIQUE (campaign, number)
) STRICT;

CREATE TABLE attempt (
    trial       INTEGER NOT NULL REFERENCES trial DEFERRABLE INITIALLY DEFERRED,
    lease       INTEGER NOT NULL,
    rung        INTEGER NOT NULL,
    worker      INTEGER NOT NULL,
    budget_from INTEGER NOT NULL,
    budget_to   INTEGER NOT NULL,
    granted_ms  INTEGER NOT NULL,
    ended_ms    INTEGER NOT NULL,           -- 0 while it runs
    outcome     TEXT NOT NULL,              -- reached, handed_back, or a failure's kind; empty while it runs
    reason      TEXT NOT NULL,
    seconds     REAL,
    log_tail    TEXT,                       -- the last of what the trial printed
    PRIMARY KEY (trial, lease)
) STRICT;
CREATE INDEX attempt_running ON attempt (trial) WHERE ended_ms = 0;

-- Every RESULT and FAIL as it came, counted or not. `trial` is what the worker said; it may not exist where nothing was counted.
CREATE TABLE result (
    seq           INTEGER PRIMARY KEY,
    trial         INTEGER NOT NULL,
    rung          INTEGER NOT NULL,
    lease         INTEGER NOT NULL,
    worker        INTEGER NOT NULL,
    received_ms   INTEGER NOT NULL,
    counted       INTEGER NOT NULL CHECK (counted IN (0, 1)),
    verdict       TEXT NOT NULL,            -- counted, duplicate, late, unknown
    failure       TEXT CHECK (failure IN ('lost', 'preempted', 'progress_timeout', 'trial_timeout', 'out_of_memory', 'exit', 'diverged', 'refused')),
    value         REAL,
    budget        INTEGER NOT NULL,
    seconds       REAL,
    checkpoint    TEXT NOT NULL,
    kernel        TEXT NOT NULL,            -- of OpenBLAS
    counted_trial INTEGER GENERATED ALWAYS AS (CASE counted WHEN 1 THEN trial END) VIRTUAL REFERENCES trial DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX one_counted ON result (trial, rung) WHERE counted = 1;
CREATE INDEX result_of_trial ON result (trial);

CREATE TABLE metric (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE point (
    trial  INTEGER NOT NULL REFERENCES trial DEFERRABLE INITIALLY DEFERRED,
    metric INTEGER NOT NULL REFERENCES metric,
    step   INTEGER NOT NULL,
    value  REAL NOT NULL,
    result INTEGER NOT NULL REFERENCES result, -- with which it came
    PRIMARY KEY (trial, metric, step)
) STRICT, WITHOUT ROWID;

-- Why a trial was proposed or promoted; coordinator/search/search.h says what each number means.
CREATE TABLE decision (
    seq          INTEGER PRIMARY KEY,       -- of the event that it became
    saw          INTEGER NOT NULL,          -- the last event before it
    campaign     INTEGER NOT NULL REFERENCES campaign DEFERRABLE INITIALLY DEFERRED,
    trial        INTEGER NOT NULL REFERENCES trial DEFERRABLE INITIALLY DEFERRED,
    move         TEXT NOT NULL CHECK (move IN ('start', 'promote')),
    origin       TEXT NOT NULL CHECK (origin IN ('enqueued', 'grid', 'prior', 'model', 'quota', 'endgame', 'rung_complete')),
    note         TEXT NOT NULL,
    bracket      INTEGER NOT NULL,
    rung         INTEGER NOT NULL,
    budget       INTEGER NOT NULL,
    n_candidates INTEGER NOT NULL,
    score        REAL,
    score_rank   INTEGER NOT NULL,
    model_rung   INTEGER NOT NULL,
    n_good       INTEGER NOT NULL,
    n_bad        INTEGER NOT NULL,
    n_pending    INTEGER NOT NULL,
    rank         INTEGER NOT NULL,
    n_at_rung    INTEGER NOT NULL,
    n_promoted   INTEGER NOT NULL,
    loss         REAL,
    line         REAL
) STRICT;
CREATE INDEX decision_of_trial ON decision (trial);
CREATE INDEX decision_of_bracket ON decision (campaign, bracket, rung);

-- What happened, in the one order that there is. A search is rebuilt from the first five kinds.
CREATE TABLE event (
    seq      INTEGER PRIMARY KEY,
    wall_ms  INTEGER NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('started', 'promoted', 'counted', 'failed', 'abandoned', 'submitted', 'granted', 'requeued',
                                           'late', 'campaign', 'joined', 'left')),
    campaign INTEGER,
    trial    INTEGER,
    worker   INTEGER,
    rung     INTEGER,                       -- of a start: the bracket
    lease    INTEGER,
    value    REAL,
    text     TEXT NOT NULL
) STRICT;
CREATE INDEX event_note ON event (campaign, seq) WHERE kind IN ('started', 'promoted', 'counted', 'failed', 'abandoned');
CREATE INDEX event_of_trial ON event (trial) WHERE trial IS NOT NULL;

CREATE TABLE worker (
    id            INTEGER PRIMARY KEY,
    key           INTEGER NOT NULL UNIQUE,  -- the worker's own number, as a signed one
    name          TEXT NOT NULL,
    host          TEXT NOT NULL,
    version       TEXT NOT NULL,
    kernel        TEXT NOT NULL,
    pid           INTEGER NOT NULL,
    slots         INTEGER NOT NULL,
    cores         INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms  INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('here', 'gone', 'set_aside'))
) STRICT;

CREATE TABLE blob (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- views for people; README.md in this directory describes them ----

-- Every trial with a result: those that got furthest first, the best of them on top.
CREATE VIEW ranking AS
SELECT c.name AS campaign,
       row_number() OVER (PARTITION BY t.campaign
                          ORDER BY t.reached DESC, CASE c.goal WHEN 'minimize' THEN t.value ELSE -t.value END, t.number) AS place,
       t.number AS trial, t.value, c.metric, t.reached AS budget,
       CASE WHEN t.reached >= c.max_budget THEN 'max_budget' ELSE 'highest rung so far' END AS basis,
       t.state, t.config, t.checkpoint, t.id AS trial_id, t.campaign AS campaign_id
FROM trial AS t JOIN campaign AS c ON c.id = t.campaign
WHERE t.value IS NOT NULL
ORDER BY t.campaign, place;

CREATE VIEW best_trial AS
SELECT campaign, trial, value, metric, budget, basis, config,
       (SELECT json_group_object(m.name, p.value) FROM point AS p JOIN metric AS m ON m.id = p.metric
        WHERE p.trial = r.trial_id AND p.step = r.budget) AS metrics,
       checkpoint
FROM ranking AS r WHERE place = 1;

CREATE VIEW campaigns AS
SELECT c.name AS campaign, c.state, c.metric, c.goal, c.max_budget,
       (SELECT count(*) FROM trial AS t WHERE t.campaign = c.id) AS trials,
       datetime(c.created_ms / 1000, 'unixepoch') AS created,
       CASE WHEN c.ended_ms THEN datetime(c.ended_ms / 1000, 'unixepoch') END AS ended,
       c.ran_ms / 1000.0 AS ran_seconds
FROM campaign AS c ORDER BY c.id;

CREATE VIEW trials AS
SELECT c.name AS campaign, t.number AS trial, t.state, t.bracket, t.rung, t.reached AS budget, t.value, t.n_attempts AS attempts, t.config
FROM trial AS t JOIN campaign AS c ON c.id = t.campaign
ORDER BY t.campaign, t.number;

CREATE VIEW curves AS
SELECT c.name AS campaign, t.number AS trial, p.step, m.name AS metric, p.value
FROM point AS p JOIN trial AS t ON t.id = p.trial JOIN campaign AS c ON c.id = t.campaign JOIN metric AS m ON m.id = p.metric
ORDER BY t.campaign, t.number, p.step, m.name;

CREATE VIEW results AS
SELECT c.name AS campaign, t.number AS trial, r.rung, r.budget, r.value, r.failure, r.counted, r.verdict, w.name AS worker, r.lease,
       datetime(r.received_ms / 1000, 'unixepoch') AS received, round(r.seconds, 1) AS seconds
FROM result AS r LEFT JOIN trial AS t ON t.id = r.trial LEFT JOIN campaign AS c ON c.id = t.campaign LEFT JOIN worker AS w ON w.id = r.worker
ORDER BY r.seq;

CREATE VIEW brackets AS
SELECT c.name AS campaign, d.bracket, d.rung, max(d.budget) AS budget, count(*) AS entered, count(r.value) AS reached,
       count(r.failure) AS failed,
       (SELECT count(*) FROM decision AS up WHERE up.campaign = d.campaign AND up.bracket = d.bracket AND up.rung = d.rung + 1
        AND up.move = 'promote') AS promoted,
       CASE c.goal WHEN 'minimize' THEN min(r.value) ELSE max(r.value) END AS best
FROM decision AS d JOIN campaign AS c ON c.id = d.campaign
LEFT JOIN result AS r ON r.trial = d.trial AND r.rung = d.rung AND r.counted = 1
GROUP BY d.campaign, d.bracket, d.rung
ORDER BY d.campaign, d.bracket, d.rung;

CREATE VIEW attempts AS
SELECT c.name AS campaign, t.number AS trial, a.lease, a.rung, a.budget_from, a.budget_to, w.name AS worker, w.host,
       datetime(a.granted_ms / 1000, 'unixepoch') AS granted,
       CASE WHEN a.ended_ms THEN datetime(a.ended_ms / 1000, 'unixepoch') END AS ended,
       a.outcome, a.reason, round(a.seconds, 1) AS seconds
FROM attempt AS a JOIN trial AS t ON t.id = a.trial JOIN campaign AS c ON c.id = t.campaign LEFT JOIN worker AS w ON w.id = a.worker
ORDER BY t.campaign, t.number, a.lease;

CREATE VIEW decisions AS
SELECT c.name AS campaign, d.seq, t.number AS trial, d.move, d.origin, d.bracket, d.rung, d.budget, d.n_candidates, d.score, d.n_good,
       d.n_bad, d.rank, d.n_at_rung, d.loss, d.line, d.note
FROM decision AS d JOIN trial AS t ON t.id = d.trial JOIN campaign AS c ON c.id = d.campaign
ORDER BY d.seq;

CREATE VIEW events AS
SELECT e.seq, datetime(e.wall_ms / 1000, 'unixepoch') AS time, c.name AS campaign, t.number AS trial, e.kind, e.rung, e.lease,
       w.name AS worker, e.value, e.text
FROM event AS e LEFT JOIN campaign AS c ON c.id = e.campaign LEFT JOIN trial AS t ON t.id = e.trial
LEFT JOIN worker AS w ON w.id = e.worker
ORDER BY e.seq;

CREATE VIEW workers AS
SELECT name AS worker, host, state, slots, cores, kernel, version, datetime(last_seen_ms / 1000, 'unixepoch') AS last_seen
FROM worker ORDER BY name, id;
