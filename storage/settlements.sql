-- name: open(decision, token, now)!
INSERT INTO settlements (decision, token, opened_at) VALUES (:decision, :token, :now)
ON CONFLICT (decision) DO NOTHING;

-- name: get(decision)^
SELECT * FROM settlements WHERE decision = :decision;

-- name: by_token(token)^
SELECT * FROM settlements WHERE token = :token;

-- name: unsettled(company, opened_at, decision, limit)
SELECT settlements.* FROM settlements JOIN decisions ON decisions.id = settlements.decision
 WHERE second = '' AND decisions.company = :company
   AND (opened_at, decision) > (:opened_at, :decision)
 ORDER BY opened_at, decision LIMIT :limit;

-- name: record(decision, verdict, person, name, now)!
-- Of two who record at once, one does.
UPDATE settlements SET verdict = :verdict, first = :person, first_name = :name, first_at = :now,
       objected_by = ''
 WHERE decision = :decision AND first = '';

-- name: confirm(decision, verdict, person, name, now)!
-- Somebody else than who recorded it, and exactly what was recorded: the store sees to it, too.
UPDATE settlements SET second = :person, second_name = :name, second_at = :now
 WHERE decision = :decision AND verdict = :verdict AND second = ''
   AND first <> '' AND first <> :person;

-- name: object(decision, name)!
UPDATE settlements SET verdict = '', first = '', first_name = '', first_at = NULL,
       objected_by = :name
 WHERE decision = :decision AND first <> '' AND second = '';
