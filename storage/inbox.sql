-- name: add(company, identity, received_at, body, correlation)!
-- The same push again changes nothing.
INSERT INTO inbox (company, identity, received_at, body, correlation)
VALUES (:company, :identity, :received_at, :body, :correlation)
ON CONFLICT (company, identity) DO NOTHING;

-- name: next_new(company)^
SELECT id, company, body, correlation FROM inbox
 WHERE state = 'new' AND company = :company ORDER BY id LIMIT 1;

-- name: finish(id, state, reason)!
UPDATE inbox SET state = :state, reason = :reason WHERE id = :id AND state = 'new';

-- name: parked()
SELECT id, company, received_at, reason FROM inbox WHERE state = 'parked' ORDER BY id;

-- name: hint(company, document, reason, correlation, due_at)!
-- Many hints for one document are one; the generation tells a hint that came during a look.
INSERT INTO hints (company, document, reason, correlation, due_at)
VALUES (:company, :document, :reason, :correlation, :due_at)
ON CONFLICT (company, document) DO UPDATE SET
    generation = generation + 1, state = 'pending', attempts = 0,
    reason = excluded.reason, correlation = excluded.correlation, due_at = excluded.due_at;

-- name: due_hints(company, now, limit)
SELECT * FROM hints WHERE company = :company AND state = 'pending' AND due_at <= :now
 ORDER BY due_at, document LIMIT :limit;

-- name: next_hints(company, limit)
SELECT document, due_at FROM hints WHERE company = :company AND state = 'pending'
 ORDER BY due_at, document LIMIT :limit;

-- name: answer_hint(company, document, generation)!
-- Stays when another hint came meanwhile: that one has not been looked at yet.
DELETE FROM hints WHERE company = :company AND document = :document AND generation = :generation;

-- name: postpone_hint(company, document, generation, state, due_at, note)!
UPDATE hints SET state = :state, attempts = attempts + 1, due_at = :due_at, note = :note
 WHERE company = :company AND document = :document AND generation = :generation;

-- name: parked_hints()
SELECT company, document, note FROM hints WHERE state = 'parked' ORDER BY company, document;
