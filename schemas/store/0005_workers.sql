-- What broke on each worker, by kind: `reached 40`, and `exit 3, lost 1`.
DROP VIEW workers;
CREATE VIEW workers AS
SELECT w.name AS worker, w.host, w.state, w.slots, w.cores, w.kernel, w.version, datetime(w.last_seen_ms / 1000, 'unixepoch') AS last_seen,
       (SELECT count(*) FROM attempt AS a WHERE a.worker = w.id AND a.outcome = '') AS running,
       (SELECT count(*) FROM attempt AS a WHERE a.worker = w.id AND a.outcome = 'reached') AS reached,
       (SELECT count(*) FROM attempt AS a WHERE a.worker = w.id AND a.outcome NOT IN ('', 'reached', 'cancelled', 'preempted', 'handed_back')) AS failed,
       (SELECT group_concat(k.outcome || ' ' || k.n, ', ')
        FROM (SELECT a.outcome, count(*) AS n FROM attempt AS a
              WHERE a.worker = w.id AND a.outcome NOT IN ('', 'reached', 'cancelled', 'preempted', 'handed_back')
              GROUP BY a.outcome ORDER BY a.outcome) AS k) AS failures,
       nullif(w.why, '') AS why
FROM worker AS w ORDER BY w.name, w.id;
