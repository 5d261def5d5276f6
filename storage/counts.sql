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
SELECT 'notices', '', state, count(*) FROM notices GROUP BY state
UNION ALL
SELECT 'decisions', company, state, count(*) FROM decisions GROUP BY company, state;

-- name: ages()
-- Since when the oldest of what is not at its end is there, per company and state.
SELECT company, state, min(since) AS oldest FROM (
    SELECT company, created_at AS since,
           CASE state WHEN 'maybe_delivered' THEN 'maybe'
                      WHEN 'waiting' THEN 'parked' WHEN 'dead' THEN 'parked'
                      ELSE 'waiting' END AS state
      FROM outbox WHERE state <> 'delivered'
    UNION ALL
    SELECT company, received_at, CASE state WHEN 'new' THEN 'waiting' ELSE state END
      FROM inbox WHERE state <> 'done'
    UNION ALL
    SELECT company, due_at, CASE state WHEN 'pending' THEN 'waiting' ELSE state END FROM hints
    UNION ALL
    SELECT company, coalesce(claimed_at, asked_at),
           CASE state WHEN 'claimed' THEN 'waiting' ELSE 'person' END
      FROM decisions WHERE state IN ('claimed', 'needs_person', 'confirmed_mismatch')
) GROUP BY company, state;
