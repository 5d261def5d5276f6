-- name: add(key, ordering_key, lane, kind, company, document, target, payload, now, correlation)!
-- A second item for the same occurrence and target changes nothing.
INSERT INTO outbox (key, ordering_key, lane, kind, company, document, target, payload, due_at,
                    created_at, correlation)
VALUES (:key, :ordering_key, :lane, :kind, :company, :document, :target, :payload, :now,
        :now, :correlation)
ON CONFLICT (key) DO NOTHING;

-- name: due(now)
-- Every target with something due, by how urgent it is, and which conversation it leads to. All that
-- is due is counted from the index alone; only until one is found that may go, rows are looked at.
SELECT heads.target, heads.lane, heads.conversation, heads.messages,
       coalesce(place.service_url, '') AS service_url
  FROM (SELECT target, lane, messages,
               coalesce(CASE
                   WHEN target LIKE 'channel:%'
                   THEN (SELECT conversation FROM channels WHERE name = substr(target, 9))
                   WHEN target LIKE 'person:%'
                   THEN (SELECT conversation FROM conversations
                          WHERE kind = 'personal' AND person = substr(target, 8)
                          ORDER BY seen_at DESC LIMIT 1)
                   WHEN target LIKE 'administrator:%'
                   THEN (SELECT conversation FROM conversations
                          WHERE kind = 'personal'
                            AND person = substr(target, 15, instr(substr(target, 15), ':') - 1)
                          ORDER BY seen_at DESC LIMIT 1)
                   ELSE substr(target, 1, instr(target || ';', ';') - 1)
               END, target) AS conversation
          FROM (SELECT target, lane, count(*) AS messages FROM outbox
                 WHERE state IN ('pending', 'retrying') AND due_at <= :now
                 GROUP BY target, lane) AS full
         WHERE EXISTS (
            SELECT 1 FROM outbox AS candidate
             WHERE candidate.target = full.target AND candidate.lane = full.lane
               AND state IN ('pending', 'retrying') AND due_at <= :now
               AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                                WHERE earlier.ordering_key = candidate.ordering_key
                                  AND earlier.id < candidate.id
                                  AND earlier.state IN ('pending', 'retrying', 'in_flight', 'waiting')
                                  AND NOT (candidate.kind = 'update' AND earlier.kind = 'nudge')
                                  AND (earlier.state IN ('pending', 'retrying', 'in_flight')
                                       OR earlier.state = 'waiting' AND candidate.kind <> 'update')))
       ) AS heads
  LEFT JOIN conversations AS place ON place.conversation = heads.conversation;

-- name: claim(target, now)^
-- The most urgent due item of a target whose document has nothing earlier still open there. An
-- edit shows what is true when it leaves, so that it passes what is parked: it may ask somebody.
-- It passes every nudge too: one that waits for a parked edit would hold up all later ones. (The list
-- of all four states is the condition of the index; without it every earlier row is walked over.)
UPDATE outbox SET state = 'in_flight', attempts = attempts + 1, tried_at = :now
 WHERE id = (SELECT id FROM outbox AS candidate
              WHERE target = :target AND state IN ('pending', 'retrying') AND due_at <= :now
                AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                                 WHERE earlier.ordering_key = candidate.ordering_key
                                   AND earlier.id < candidate.id
                                   AND earlier.state IN ('pending', 'retrying', 'in_flight', 'waiting')
                                   AND NOT (candidate.kind = 'update'
                                            AND earlier.kind = 'nudge')
                                   AND (earlier.state IN ('pending', 'retrying', 'in_flight')
                                        OR earlier.state = 'waiting'
                                           AND candidate.kind <> 'update'))
              ORDER BY lane, due_at, id LIMIT 1)
RETURNING *;

-- name: record(id, state, due_at, reason, unknowns, bounded)!
-- Stored only while the item is still in flight: a rescued item belongs to somebody else.
UPDATE outbox SET state = :state, due_at = :due_at, reason = :reason, unknowns = :unknowns,
                  bounded = :bounded
 WHERE id = :id AND state = 'in_flight';

-- name: abandoned()
-- At start: in flight, but the store is this process's alone. Perhaps posted, perhaps not.
SELECT * FROM outbox WHERE state = 'in_flight' ORDER BY id;

-- name: next_due(now)$
-- What is due already is waited for by its conversation, not by the clock.
SELECT min(due_at) FROM outbox WHERE state IN ('pending', 'retrying') AND due_at > :now;

-- name: any_in_flight()$
SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'in_flight');

-- name: sent_since(since, after, limit)
-- What was tried lately, and in which conversation: the windows of Teams go on over a restart.
SELECT outbox.id, outbox.tried_at,
       coalesce(nullif(cards.conversation, ''), channels.conversation, outbox.target)
           AS conversation
  FROM outbox
  LEFT JOIN cards ON cards.company = outbox.company AND cards.document = outbox.document
                 AND cards.target = outbox.target
  LEFT JOIN channels ON outbox.target = 'channel:' || channels.name
 WHERE outbox.tried_at IS NOT NULL AND (outbox.tried_at, outbox.id) > (:since, :after)
 ORDER BY outbox.tried_at, outbox.id LIMIT :limit;

-- name: hold(target, due_at)!
-- Teams asked to be left alone, in this one conversation.
UPDATE outbox SET due_at = max(due_at, :due_at)
 WHERE target = :target AND state IN ('pending', 'retrying');

-- name: set_back(now, shift)!
-- The wall clock was set back: what was to go at a time of the former clock goes at that of this one.
UPDATE outbox SET due_at = strftime('%Y-%m-%dT%H:%M:%f', due_at, :shift) || '000+00:00'
 WHERE state IN ('pending', 'retrying') AND due_at > :now;

-- name: wake(target, now)!
UPDATE outbox SET state = 'pending', due_at = :now, reason = ''
 WHERE state = 'waiting' AND target = :target;

-- name: wake_all(now)!
UPDATE outbox SET state = 'pending', due_at = :now, reason = '' WHERE state = 'waiting';

-- name: wake_refused(reason, now)!
UPDATE outbox SET state = 'pending', due_at = :now, reason = ''
 WHERE state = 'waiting' AND substr(reason, 1, length(:reason)) = :reason;

-- name: arrived(company, document, target)!
-- The card showed itself although its post got no answer.
UPDATE outbox SET state = 'delivered', reason = 'learnt from a press or refresh'
 WHERE company = :company AND document = :document AND target = :target AND kind = 'post'
   AND unknowns > 0 AND state IN ('retrying', 'maybe_delivered');

-- name: unsent(kind, company, target)$
SELECT id FROM outbox WHERE kind = :kind AND company = :company AND target = :target
   AND state IN ('pending', 'in_flight', 'retrying', 'waiting') LIMIT 1;

-- name: counts()
SELECT state, count(*) AS items, min(created_at) AS oldest FROM outbox GROUP BY state;

-- name: unfinished(limit)
SELECT * FROM outbox WHERE state NOT IN ('delivered') ORDER BY id DESC LIMIT :limit;
