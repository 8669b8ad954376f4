-- What a coordinator remembers of a worker's failures, so that it sets aside one on which everything fails.
ALTER TABLE worker ADD COLUMN session INTEGER NOT NULL DEFAULT 0;     -- of its last HELLO, as a signed one
ALTER TABLE worker ADD COLUMN n_bad INTEGER NOT NULL DEFAULT 0;       -- different trials that ended badly on it since one last reached a rung
ALTER TABLE worker ADD COLUMN bad_on_1 INTEGER;                       -- these
ALTER TABLE worker ADD COLUMN bad_on_2 INTEGER;
ALTER TABLE worker ADD COLUMN bad_on_3 INTEGER;
ALTER TABLE worker ADD COLUMN n_set_aside INTEGER NOT NULL DEFAULT 0; -- times that it was set aside since then
ALTER TABLE worker ADD COLUMN why TEXT NOT NULL DEFAULT '';           -- of the last time

DROP VIEW workers;
CREATE VIEW workers AS
SELECT w.name AS worker, w.host, w.state, w.slots, w.cores, w.kernel, w.version, datetime(w.last_seen_ms / 1000, 'unixepoch') AS last_seen,
       (SELECT count(*) FROM attempt AS a WHERE a.worker = w.id AND a.outcome = 'reached') AS reached,
       (SELECT count(*) FROM attempt AS a WHERE a.worker = w.id AND a.outcome NOT IN ('', 'reached', 'cancelled', 'preempted')) AS failed,
       w.why
FROM worker AS w ORDER BY w.name, w.id;
