-- name: want(company, document, matter, correlation, now)!
-- One note for each matter, however often it is found to be over.
INSERT INTO erp_notes (company, document, matter, correlation, wanted_at, due_at)
VALUES (:company, :document, :matter, :correlation, :now, :now)
ON CONFLICT (company, document, matter) DO NOTHING;

-- name: due(company, now)^
SELECT * FROM erp_notes WHERE company = :company AND state = 'wanted' AND due_at <= :now
 ORDER BY due_at, rowid LIMIT 1;

-- name: next_due(company)$
SELECT min(due_at) FROM erp_notes WHERE company = :company AND state = 'wanted';

-- name: of_document(company, document)
SELECT * FROM erp_notes WHERE company = :company AND document = :document ORDER BY rowid;

-- name: put(company, document, matter, state, claimed, attempts, due_at, reason)!
UPDATE erp_notes SET state = :state, claimed = :claimed, attempts = :attempts, due_at = :due_at,
       reason = :reason
 WHERE company = :company AND document = :document AND matter = :matter AND state = 'wanted';

-- name: somebody_acts(company)$
-- Whether a step of what somebody decided is to be done, or is being done.
SELECT EXISTS (
    SELECT 1 FROM steps AS s
      JOIN decisions AS d ON d.id = s.decision AND d.state = 'claimed' AND d.company = :company
     WHERE s.state IN ('pending', 'checked', 'sent')
       AND NOT EXISTS (SELECT 1 FROM steps AS earlier
                        WHERE earlier.decision = s.decision AND earlier.number < s.number
                          AND earlier.state <> 'confirmed'));
