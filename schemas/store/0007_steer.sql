-- What people asked for while a campaign ran, or brought back to life, and got. A search is rebuilt from these too.
CREATE TABLE steer (
    seq           INTEGER PRIMARY KEY,     -- of its event
    wall_ms       INTEGER NOT NULL,
    who           TEXT NOT NULL,           -- user@host, as its program said
    request       INTEGER NOT NULL,        -- its number: a repeated one is not done again
    campaign      INTEGER NOT NULL REFERENCES campaign DEFERRABLE INITIALLY DEFERRED,
    trial         INTEGER REFERENCES trial DEFERRABLE INITIALLY DEFERRED, -- of retry and note
    action        TEXT NOT NULL CHECK (action IN ('pause', 'resume', 'stop', 'extend', 'enqueue', 'retry', 'note')),
    n_trials      INTEGER,                 -- new limits: of extend, and of an enqueue that needs room; NULL: as before
    max_budget    INTEGER,
    wall_clock_ms INTEGER,
    x             BLOB,                    -- of enqueue: as trial.x
    config        TEXT,                    -- the same, JSON, for people
    text          TEXT NOT NULL            -- a note, or in words what was done
) STRICT;
CREATE INDEX steer_of_campaign ON steer (campaign, seq);
CREATE INDEX steer_of_trial ON steer (trial) WHERE trial IS NOT NULL;

CREATE VIEW steering AS
SELECT s.seq, datetime(s.wall_ms / 1000, 'unixepoch') AS time, s.who, s.action, c.name AS campaign, t.number AS trial,
       s.n_trials AS trials, s.max_budget, s.wall_clock_ms / 1000.0 AS wall_clock_seconds, s.config, s.text
FROM steer AS s JOIN campaign AS c ON c.id = s.campaign LEFT JOIN trial AS t ON t.id = s.trial
ORDER BY s.seq;

CREATE VIEW notes AS
SELECT c.name AS campaign, t.number AS trial, datetime(s.wall_ms / 1000, 'unixepoch') AS time, s.who, s.text AS note
FROM steer AS s JOIN campaign AS c ON c.id = s.campaign JOIN trial AS t ON t.id = s.trial WHERE s.action = 'note'
ORDER BY s.seq;
