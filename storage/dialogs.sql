-- name: open(token, kind, about, person, conversation, reply_to, opened_at, expires_at)!
INSERT INTO dialogs (token, kind, about, person, conversation, reply_to, opened_at, expires_at)
VALUES (:token, :kind, :about, :person, :conversation, :reply_to, :opened_at, :expires_at);

-- name: get(token)^
SELECT * FROM dialogs WHERE token = :token;

-- name: spend(token, answer)!
-- Once: what came second finds the answer of what came first.
UPDATE dialogs SET answer = :answer WHERE token = :token AND answer = '';

-- name: drop_old(before)!
DELETE FROM dialogs WHERE expires_at < :before;
