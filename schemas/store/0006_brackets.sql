-- The rungs of 100,000 trials are counted in one pass. Whoever entered a rung above the first was promoted to it, so that the
-- rung below has as many promoted as this one has entered.
DROP INDEX decision_of_bracket;
CREATE INDEX decision_of_bracket ON decision (campaign, bracket, rung, trial, budget);

DROP VIEW brackets;
CREATE VIEW brackets AS
SELECT campaign, bracket, rung, budget, entered, reached, failed,
       CASE lead(rung) OVER above WHEN rung + 1 THEN lead(entered) OVER above ELSE 0 END AS promoted, best
FROM (SELECT c.name AS campaign, d.campaign AS id, d.bracket, d.rung, max(d.budget) AS budget, count(*) AS entered,
             count(r.value) AS reached, count(r.failure) AS failed,
             CASE c.goal WHEN 'minimize' THEN min(r.value) ELSE max(r.value) END AS best
      FROM decision AS d JOIN campaign AS c ON c.id = d.campaign
      LEFT JOIN result AS r ON r.trial = d.trial AND r.rung = d.rung AND r.counted = 1
      GROUP BY d.campaign, d.bracket, d.rung)
WINDOW above AS (PARTITION BY id, bracket ORDER BY rung)
ORDER BY id, bracket, rung;
