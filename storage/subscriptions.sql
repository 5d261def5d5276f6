-- name: add(channel, now)!
INSERT INTO subscriptions (channel, due_at) VALUES (:channel, :now)
ON CONFLICT (channel) DO NOTHING;

-- name: everything()
SELECT * FROM subscriptions ORDER BY channel;

-- name: get(channel)^
SELECT * FROM subscriptions WHERE channel = :channel;

-- name: next_due()$
SELECT min(due_at) FROM subscriptions;

-- name: plan(channel, team, secret, certificate)!
-- Before Graph is asked: its first notice may come before the answer.
UPDATE subscriptions SET team = :team, id = '', secret = :secret, certificate = :certificate,
       expires_at = NULL
 WHERE channel = :channel;

-- name: alive(channel, id, expires_at, due_at)!
UPDATE subscriptions SET id = :id, expires_at = :expires_at, due_at = :due_at, attempts = 0,
       error = ''
 WHERE channel = :channel;

-- name: lost(channel, id, now)!
-- Only what still is what was lost: a newer one stays.
UPDATE subscriptions SET id = '', expires_at = NULL, due_at = :now
 WHERE channel = :channel AND id = :id;

-- name: failed(channel, error, due_at)!
UPDATE subscriptions SET error = :error, due_at = :due_at, attempts = attempts + 1
 WHERE channel = :channel;

-- name: hasten(channel, now)!
UPDATE subscriptions SET due_at = :now WHERE channel = :channel;

-- name: noticed(channel, id, now)!
UPDATE subscriptions SET noticed_at = :now, id = :id WHERE channel = :channel;

-- name: drop(channel)!
DELETE FROM subscriptions WHERE channel = :channel;

-- name: learn(team, group_id)!
INSERT INTO teams (team, group_id) VALUES (:team, :group_id)
ON CONFLICT (team) DO UPDATE SET group_id = excluded.group_id WHERE excluded.group_id <> '';

-- name: teams()
SELECT team, group_id FROM teams ORDER BY team;
