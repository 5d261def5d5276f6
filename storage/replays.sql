-- name: ask(items, asked_by, preview, now)<!
INSERT INTO replays (items, asked_by, asked_at, preview) VALUES (:items, :asked_by, :now, :preview);

-- name: next_asked()^
SELECT * FROM replays WHERE state = 'new' ORDER BY id LIMIT 1;

-- name: finish(id, answer)!
UPDATE replays SET state = 'done', answer = :answer WHERE id = :id;

-- name: get(id)^
SELECT state, answer FROM replays WHERE id = :id;
