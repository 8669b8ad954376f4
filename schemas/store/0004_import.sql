-- What was measured elsewhere and given to a campaign's model (rung import). Never a result: nothing here is a trial or counts as best.
CREATE TABLE import (
    campaign INTEGER NOT NULL REFERENCES campaign DEFERRABLE INITIALLY DEFERRED,
    number   INTEGER NOT NULL CHECK (number > 0), -- in its campaign
    seq      INTEGER NOT NULL,                    -- of the event with which it came
    budget   INTEGER NOT NULL,                    -- of the rung that it counts for
    value    REAL,                                -- of the objective there; NULL: it failed
    config   TEXT NOT NULL,                       -- JSON, for people
    x        BLOB NOT NULL,                       -- as trial.x
    source   TEXT NOT NULL,                       -- where it comes from, in words
    PRIMARY KEY (campaign, number)
) STRICT, WITHOUT ROWID;

CREATE VIEW imports AS
SELECT c.name AS campaign, i.number, i.budget, i.value, i.config, i.source, i.seq
FROM import AS i JOIN campaign AS c ON c.id = i.campaign ORDER BY i.campaign, i.number;
