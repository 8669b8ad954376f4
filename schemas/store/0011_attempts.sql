-- When an attempt ran, to the millisecond: what a timeline of workers is drawn from.
DROP VIEW attempts;
CREATE VIEW attempts AS
SELECT c.name AS campaign, t.number AS trial, a.lease, a.rung, a.budget_from, a.budget_to, w.name AS worker, w.host,
       datetime(a.granted_ms / 1000, 'unixepoch') AS granted,
       CASE WHEN a.ended_ms THEN datetime(a.ended_ms / 1000, 'unixepoch') END AS ended,
       a.outcome, a.reason, round(a.seconds, 1) AS seconds, a.granted_ms, nullif(a.ended_ms, 0) AS ended_ms
FROM attempt AS a JOIN trial AS t ON t.id = a.trial JOIN campaign AS c ON c.id = t.campaign LEFT JOIN worker AS w ON w.id = a.worker
ORDER BY t.campaign, t.number, a.lease;
