-- name: gather(since, now)!
-- Everybody who is asked something and was not told yet; what waited before *since* is old news.
INSERT INTO feed (decision, person, state, due_at)
SELECT decisions.id, approver.value, 'new', :now
  FROM decisions, json_each(decisions.approvers) AS approver
 WHERE decisions.state IN ('pending', 'claimed')  -- the words of the index
   AND decisions.state = 'pending' AND decisions.asked_at >= :since
ON CONFLICT (decision, person) DO NOTHING;

-- name: drop_over()!
-- What was decided meanwhile, or put to somebody else, is told nobody.
UPDATE feed SET state = 'over' WHERE state = 'new' AND NOT EXISTS
    (SELECT 1 FROM decisions, json_each(decisions.approvers) AS approver
      WHERE decisions.id = feed.decision AND decisions.state = 'pending'
        AND approver.value = feed.person);

-- name: due(now)^
SELECT feed.*, decisions.company, decisions.document
  FROM feed JOIN decisions ON decisions.id = feed.decision
 WHERE feed.state = 'new' AND feed.due_at <= :now ORDER BY feed.due_at, feed.decision LIMIT 1;

-- name: next_due()$
SELECT min(due_at) FROM feed WHERE state = 'new';

-- name: told(decision, person)!
UPDATE feed SET state = 'told', attempts = attempts + 1
 WHERE decision = :decision AND person = :person;

-- name: later(decision, person, due_at, note)!
UPDATE feed SET attempts = attempts + 1, due_at = :due_at, note = :note
 WHERE decision = :decision AND person = :person;

-- name: park(decision, person, note)!
UPDATE feed SET state = 'parked', attempts = attempts + 1, note = :note
 WHERE decision = :decision AND person = :person;
