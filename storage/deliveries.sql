-- name: unfinished(company, document, state, since, ids, everything, after, limit)
-- Everything that was taken on and is not at its end: on its way, parked, perhaps delivered, or
-- waiting for a person to say what happened. Oldest first.
SELECT * FROM (
    SELECT 'm' || id AS id, kind AS what, company, document, target,
           CASE state WHEN 'maybe_delivered' THEN 'maybe'
                      WHEN 'waiting' THEN 'parked' WHEN 'dead' THEN 'parked'
                      ELSE 'waiting' END AS state,
           state AS stage, reason, attempts, created_at AS since, due_at
      FROM outbox WHERE state <> 'delivered'
    UNION ALL
    SELECT 'p' || id, 'push', company, '', '', CASE state WHEN 'new' THEN 'waiting' ELSE state END,
           state, reason, 0, received_at, ''
      FROM inbox WHERE state <> 'done'
    UNION ALL
    SELECT 'l' || rowid, 'look', company, document, '',
           CASE state WHEN 'pending' THEN 'waiting' ELSE state END,
           state, CASE state WHEN 'parked' THEN note ELSE reason END, attempts, due_at, due_at
      FROM hints
    UNION ALL
    SELECT 'd' || rowid, coalesce(nullif(verb, ''), 'decision'), company, document, person_name,
           CASE state WHEN 'claimed' THEN 'waiting' ELSE 'person' END, state,
           CASE WHEN state <> 'claimed' THEN reason
                WHEN EXISTS (SELECT 1 FROM steps WHERE decision = decisions.id AND state = 'in_doubt')
                THEN 'Acumatica gave no clear answer: what became of it is read back'
                ELSE 'is being carried out in Acumatica' END,
           0, coalesce(claimed_at, asked_at), ''
      FROM decisions WHERE state IN ('claimed', 'needs_person', 'confirmed_mismatch')
) AS item
 WHERE (:company = '' OR company = :company)
   AND (:document = '' OR document = :document)
   AND (:state = '' OR state = :state)
   AND since >= :since
   AND (:everything OR id IN (SELECT value FROM json_each(:ids)))
   AND (since, id) > (substr(:after, 1, instr(:after, '|') - 1),
                      substr(:after, instr(:after, '|') + 1))
 ORDER BY since, id LIMIT :limit;

-- name: knows(company)$
-- Whether anything was ever taken on for a company of that name.
SELECT EXISTS (SELECT 1 FROM documents WHERE company = :company)
    OR EXISTS (SELECT 1 FROM watermarks WHERE company = :company)
    OR EXISTS (SELECT 1 FROM inbox WHERE company = :company);

-- name: counts_of_none()
SELECT CASE state WHEN 'maybe_delivered' THEN 'maybe'
                  WHEN 'waiting' THEN 'parked' WHEN 'dead' THEN 'parked'
                  ELSE 'waiting' END AS state, count(*) AS items, min(created_at) AS oldest
  FROM outbox WHERE state <> 'delivered' AND company = '' GROUP BY 1;

-- name: counts(company)
SELECT state, count(*) AS items, min(since) AS oldest FROM (
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
) AS item WHERE :company = '' OR company = :company GROUP BY state;

-- name: message_again(id, now)!
-- A replay is a new attempt of the same message: its key, its place and its order stay.
UPDATE outbox SET state = 'pending', due_at = :now, replayed_at = :now, reason = '',
                  attempts = 0, unknowns = 0, bounded = 0
 WHERE id = :id AND state IN ('waiting', 'maybe_delivered', 'dead');

-- name: push_again(id)!
UPDATE inbox SET state = 'new', reason = '' WHERE id = :id AND state = 'parked';

-- name: look_again(id, now)!
UPDATE hints SET state = 'pending', due_at = :now, attempts = 0, note = ''
 WHERE rowid = :id AND state = 'parked';
