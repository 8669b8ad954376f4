-- The moment of a decision, beside its figures: what was running, and the order of the rung from which a trial went up. Lists are JSON
-- arrays of trials' numbers, the first 32 of them. NULL in rows from before.
ALTER TABLE decision ADD COLUMN n_running INTEGER;
ALTER TABLE decision ADD COLUMN running TEXT;      -- ascending
ALTER TABLE decision ADD COLUMN best_first TEXT;   -- promote: by loss; failures and abandoned trials are not listed

DROP VIEW decisions;
CREATE VIEW decisions AS
SELECT c.name AS campaign, d.seq, d.saw, t.number AS trial, d.move, d.origin, d.bracket, d.rung, d.budget, d.n_candidates, d.score,
       d.score_rank, d.model_rung, d.n_good, d.n_bad, d.n_pending, d.rank, d.n_at_rung, d.n_promoted, d.loss, d.line, d.n_running,
       d.running, d.best_first, d.note
FROM decision AS d JOIN trial AS t ON t.id = d.trial JOIN campaign AS c ON c.id = d.campaign
ORDER BY d.seq;
