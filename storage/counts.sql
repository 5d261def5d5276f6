-- name: everything()
-- What stands in each table, per company and state.
SELECT 'hints' AS what, company, state, count(*) AS number FROM hints GROUP BY company, state
UNION ALL
SELECT 'inbox', company, state, count(*) FROM inbox WHERE state <> 'done' GROUP BY company, state
UNION ALL
SELECT 'outbox', company, state, count(*) FROM outbox GROUP BY company, state
UNION ALL
SELECT 'erp_notes', company, state, count(*) FROM erp_notes GROUP BY company, state
UNION ALL
SELECT 'decisions', company, state, count(*) FROM decisions GROUP BY company, state;
