-- name: add(channel, root, message, enclosed, now)!
INSERT INTO notices (channel, root, message, enclosed, due_at)
VALUES (:channel, :root, :message, :enclosed, :now)
ON CONFLICT (channel, root, message) DO UPDATE SET
    enclosed = excluded.enclosed, generation = generation + 1, state = 'pending', attempts = 0,
    due_at = min(due_at, excluded.due_at), note = '';

-- name: add_live_threads(channel, since, now)!
-- The threads of cards that somebody may still talk about.
INSERT INTO notices (channel, root, message, due_at)
SELECT DISTINCT :channel, activity, '', :now FROM cards
 WHERE activity <> '' AND posted_at >= :since
   AND conversation IN (:channel, :channel || ';messageid=' || activity)
ON CONFLICT (channel, root, message) DO UPDATE SET
    generation = generation + 1, state = 'pending', attempts = 0,
    due_at = min(due_at, excluded.due_at), note = '';

-- name: add_thread(channel, root, now)!
-- Only where Graph tells us of replies at all.
INSERT INTO notices (channel, root, message, due_at)
SELECT channel, :root, '', :now FROM subscriptions WHERE channel = :channel AND id <> ''
ON CONFLICT (channel, root, message) DO UPDATE SET
    generation = generation + 1, state = 'pending', attempts = 0,
    due_at = min(due_at, excluded.due_at), note = '';

-- name: due(now)^
SELECT * FROM notices WHERE state = 'pending' AND due_at <= :now ORDER BY due_at LIMIT 1;

-- name: next_due()$
SELECT min(due_at) FROM notices WHERE state = 'pending';

-- name: done(channel, root, message, generation)!
-- A notice that came meanwhile stays.
DELETE FROM notices
 WHERE channel = :channel AND root = :root AND message = :message AND generation = :generation;

-- name: postpone(channel, root, message, generation, due_at, note, state)!
UPDATE notices SET attempts = attempts + 1, due_at = :due_at, note = :note, state = :state
 WHERE channel = :channel AND root = :root AND message = :message AND generation = :generation;

-- name: put_off(channel, due_at)!
-- Graph wants to be left alone about this channel.
UPDATE notices SET due_at = max(due_at, :due_at) WHERE channel = :channel AND state = 'pending';

-- name: forget(channel)!
DELETE FROM notices WHERE channel = :channel;

-- name: counts()
SELECT state, count(*) AS number FROM notices GROUP BY state;

-- name: card_at(channel, root)^
SELECT company, document, target FROM cards
 WHERE activity = :root AND conversation IN (:channel, :channel || ';messageid=' || :root)
 LIMIT 1;
