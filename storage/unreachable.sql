-- name: mark(target, reason, now)!
INSERT INTO unreachable (target, reason, since, tried_at) VALUES (:target, :reason, :now, :now)
ON CONFLICT (target) DO UPDATE SET reason = excluded.reason, tried_at = excluded.tried_at;

-- name: tried(target, at)!
UPDATE unreachable SET tried_at = :at WHERE target = :target;

-- name: everything()
SELECT * FROM unreachable ORDER BY target;

-- name: clear(target)!
DELETE FROM unreachable WHERE target = :target;
