-- name: posted_lately(target, since)
-- New cards a chat was given since then, or since somebody there asked for the next ones.
SELECT tried_at FROM outbox
 WHERE target = :target AND kind = 'post' AND tried_at > :since
   AND tried_at > coalesce((SELECT asked_at FROM let_follow WHERE target = :target), '')
   AND (state IN ('delivered', 'maybe_delivered') OR state = 'retrying' AND unknowns > 0)
 ORDER BY tried_at;

-- name: hold_back(target, reason, until)!
UPDATE outbox SET state = 'retrying', reason = :reason, due_at = :until
 WHERE target = :target AND kind = 'post'
   AND (state = 'pending' OR state = 'retrying' AND reason = :reason);

-- name: held_back(target, reason, count)
SELECT company, document FROM outbox
 WHERE target = :target AND kind = 'post' AND state = 'retrying' AND reason = :reason
 ORDER BY id LIMIT :count;

-- name: count_held_back(target, reason)$
SELECT count(*) FROM outbox
 WHERE target = :target AND kind = 'post' AND state = 'retrying' AND reason = :reason;

-- name: digest_since(target, since)$
SELECT id FROM outbox WHERE target = :target AND kind = 'digest' AND created_at > :since LIMIT 1;

-- name: ask_for_more(target, now)!
INSERT INTO let_follow (target, asked_at) VALUES (:target, :now)
ON CONFLICT (target) DO UPDATE SET asked_at = excluded.asked_at;

-- name: follow(target, reason, now)!
UPDATE outbox SET due_at = :now
 WHERE target = :target AND kind = 'post' AND state = 'retrying' AND reason = :reason;
