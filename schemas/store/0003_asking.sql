-- What people ask is answered at once also of 100,000 trials and 2,000,000 points: indices, and views that use them.

-- The order of the ranking. Where more is better, equals in `reached` are sorted when asked for; those at the top are few.
CREATE INDEX trial_ranked ON trial (campaign, reached DESC, value, number) WHERE value IS NOT NULL;

-- What the view `workers` counts.
CREATE INDEX attempt_of_worker ON attempt (worker, outcome);

DROP VIEW best_trial;
CREATE VIEW best_trial AS
SELECT c.name AS campaign, t.number AS trial, t.value, c.metric, t.reached AS budget,
       CASE WHEN t.reached >= c.max_budget THEN 'max_budget' ELSE 'highest rung so far' END AS basis,
       t.config,
       (SELECT json_group_object(m.name, p.value) FROM point AS p JOIN metric AS m ON m.id = p.metric
        WHERE p.trial = t.id AND p.step = t.reached) AS metrics,
       t.checkpoint
FROM campaign AS c JOIN trial AS t ON t.id = CASE c.goal
    WHEN 'minimize' THEN (SELECT b.id FROM trial AS b WHERE b.campaign = c.id AND b.value IS NOT NULL
                          ORDER BY b.reached DESC, b.value, b.number LIMIT 1)
    ELSE (SELECT b.id FROM trial AS b WHERE b.campaign = c.id AND b.value IS NOT NULL
          ORDER BY b.reached DESC, b.value DESC, b.number LIMIT 1) END
ORDER BY c.id;

DROP VIEW campaigns;
CREATE VIEW campaigns AS
SELECT c.name AS campaign, c.state, c.metric, c.goal, c.max_budget,
       (SELECT count(*) FROM trial AS t WHERE t.campaign = c.id) AS trials,
       b.number AS best, b.value, b.reached AS budget,
       datetime(c.created_ms / 1000, 'unixepoch') AS created,
       CASE WHEN c.ended_ms THEN datetime(c.ended_ms / 1000, 'unixepoch') END AS ended,
       c.ran_ms / 1000.0 AS ran_seconds
FROM campaign AS c LEFT JOIN trial AS b ON b.id = CASE c.goal
    WHEN 'minimize' THEN (SELECT t.id FROM trial AS t WHERE t.campaign = c.id AND t.value IS NOT NULL
                          ORDER BY t.reached DESC, t.value, t.number LIMIT 1)
    ELSE (SELECT t.id FROM trial AS t WHERE t.campaign = c.id AND t.value IS NOT NULL
          ORDER BY t.reached DESC, t.value DESC, t.number LIMIT 1) END
ORDER BY c.id;

DROP VIEW events;
CREATE VIEW events AS
SELECT e.seq, datetime(e.wall_ms / 1000, 'unixepoch') AS time, c.name AS campaign, t.number AS trial, e.kind, e.rung, e.lease,
       w.name AS worker, e.value, e.text, e.wall_ms
FROM event AS e LEFT JOIN campaign AS c ON c.id = e.campaign LEFT JOIN trial AS t ON t.id = e.trial
LEFT JOIN worker AS w ON w.id = e.worker
ORDER BY e.seq;
