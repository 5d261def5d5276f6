-- name: get(person)^
SELECT * FROM installs WHERE person = :person;

-- name: want(person, now)!
INSERT INTO installs (person, state, due_at, since) VALUES (:person, 'wanted', :now, :now)
ON CONFLICT (person) DO UPDATE SET
    state = 'wanted', attempts = 0, due_at = excluded.due_at, since = excluded.since, note = '';

-- name: due(now)^
SELECT * FROM installs WHERE state IN ('wanted', 'sent') AND due_at <= :now
 ORDER BY due_at LIMIT 1;

-- name: next_due()$
SELECT min(due_at) FROM installs WHERE state IN ('wanted', 'sent');

-- name: move(person, state, attempts, due_at, note)!
UPDATE installs SET state = :state, attempts = :attempts, due_at = :due_at, note = :note
 WHERE person = :person AND state IN ('wanted', 'sent');

-- name: listed()
SELECT * FROM installs ORDER BY person;

-- name: in_flight(target)$
SELECT id FROM outbox WHERE target = :target AND state = 'in_flight' LIMIT 1;
