-- name: ask(company, now)<!
INSERT INTO requests (company, asked_at) VALUES (:company, :now);

-- name: take(company)^
UPDATE requests SET state = 'taken'
 WHERE id = (SELECT id FROM requests WHERE company = :company AND state = 'new'
              ORDER BY id LIMIT 1)
RETURNING id;

-- name: waits(company)$
SELECT id FROM requests WHERE company = :company AND state = 'new' LIMIT 1;

-- name: finish(id, answer, now)!
UPDATE requests SET state = 'done', done_at = :now, answer = :answer WHERE id = :id;

-- name: put_back()!
-- At start: what the former process had taken and not finished is asked for still.
UPDATE requests SET state = 'new' WHERE state = 'taken';

-- name: get(id)^
SELECT state, answer FROM requests WHERE id = :id;
