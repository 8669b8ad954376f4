-- What a worker's machine has for its slots, and how busy it is.
ALTER TABLE worker ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0; -- that its slots may take together; 0: not known
ALTER TABLE worker ADD COLUMN load REAL;                               -- load average of the last minute, told once a minute
DROP VIEW workers;
CREATE VIEW workers AS
SELECT w.name AS worker, w.host, w.state, w.slots, w.cores, round(nullif(w.memory_bytes, 0) / 1073741824.0, 1) AS memory_gib, w.load,
       w.kernel, w.version, datetime(w.last_seen_ms / 1000, 'unixepoch') AS last_seen,
       coalesce(a.running, 0) AS running, coalesce(a.reached, 0) AS reached, coalesce(a.failed, 0) AS failed, a.failures,
       nullif(w.why, '') AS why
FROM worker AS w LEFT JOIN
     (SELECT worker, sum(n) FILTER (WHERE outcome = '') AS running, sum(n) FILTER (WHERE outcome = 'reached') AS reached,
             sum(n) FILTER (WHERE is_failure) AS failed,
             group_concat(outcome || ' ' || n, ', ') FILTER (WHERE is_failure) AS failures
      FROM (SELECT worker, outcome, count(*) AS n, outcome NOT IN ('', 'reached', 'cancelled', 'preempted', 'handed_back') AS is_failure
            FROM attempt GROUP BY worker, outcome ORDER BY worker, outcome)
      GROUP BY worker) AS a ON a.worker = w.id
ORDER BY w.name, w.id;
