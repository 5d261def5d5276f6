-- name: ask(id, company, document, token, verbs, approvers, two, fingerprint, changes, asked_in, resumes, asked_at, correlation)!
INSERT INTO decisions (id, company, document, token, state, verbs, approvers, two, fingerprint,
                       changes, asked_in, resumes, asked_at, correlation)
VALUES (:id, :company, :document, :token, 'pending', :verbs, :approvers, :two, :fingerprint,
        :changes, :asked_in, :resumes, :asked_at, :correlation);

-- name: name_approvers(id, approvers)!
UPDATE decisions SET approvers = :approvers WHERE id = :id AND state = 'pending';

-- name: latest(company, document)^
-- In the order they came into being: the wall clock that stamped them can be set back.
SELECT * FROM decisions WHERE company = :company AND document = :document
 ORDER BY rowid DESC LIMIT 1;

-- name: tokens(company, document)
-- The newest first; a card that was posted a while ago may carry an older one.
SELECT token FROM decisions WHERE company = :company AND document = :document
 ORDER BY rowid DESC LIMIT 20;

-- name: history(company, document)
SELECT * FROM decisions WHERE company = :company AND document = :document
 ORDER BY rowid;

-- name: by_token(token)^
SELECT * FROM decisions WHERE token = :token;

-- name: get(id)^
SELECT * FROM decisions WHERE id = :id;

-- name: open_documents(company, after, limit)
SELECT document FROM decisions
 WHERE company = :company AND state IN ('pending', 'claimed', 'needs_person')  -- as the index says
   AND state = 'pending' AND document > :after
 ORDER BY document LIMIT :limit;

-- name: asked_at(target, after, limit)
-- The open questions whose card stands, or is to stand, at a target, as they came into being.
SELECT decisions.*, decisions.rowid AS place FROM decisions JOIN cards USING (company, document)
 WHERE decisions.state = 'pending' AND cards.target = :target
   AND :target NOT LIKE 'administrator:%' AND decisions.rowid > :after
 ORDER BY decisions.rowid LIMIT :limit;

-- name: took_effect(id)!
-- Two administrators said so: what ended in doubt counts as done.
UPDATE steps SET state = 'confirmed' WHERE decision = :id AND state = 'ended';

-- name: restart_wait(id, boot, seconds)!
-- Another boot's clock means nothing: what was sent then counts as sent now.
UPDATE steps SET sent_boot = :boot, sent_since = :seconds
 WHERE decision = :id AND sent_boot <> '' AND sent_boot <> :boot;

-- name: agree(id, verb, person, person_name, approvers, now)!
-- The first of two presses: the question stays open, for those who may agree with it.
UPDATE decisions SET agreed = :person, agreed_name = :person_name, agreed_verb = :verb,
       agreed_at = :now, approvers = :approvers
 WHERE id = :id AND state = 'pending' AND agreed = '';

-- name: claim(id, verb, person, person_name, agreed, said, approved, now, boot, seconds)!
-- The compare-and-set that makes one press win. It was judged by who had agreed then.
UPDATE decisions SET state = 'claimed', verb = :verb, person = :person,
       person_name = :person_name, said = :said, approved = :approved, claimed_at = :now,
       claimed_boot = :boot, claimed_since = :seconds
 WHERE id = :id AND state = 'pending' AND agreed = :agreed
   AND (agreed <> :person OR agreed_verb <> :verb);

-- name: settle(id, was, state, reason, now)!
UPDATE decisions SET state = :state, reason = :reason, settled_at = :now, approved = ''
 WHERE id = :id AND state = :was;

-- name: approved(id)$
SELECT approved FROM decisions WHERE id = :id;

-- name: differ(id, changes)!
UPDATE decisions SET changes = :changes WHERE id = :id;

-- name: add_step(decision, number, name, due_at, boot, seconds)!
INSERT INTO steps (decision, number, name, state, due_at, due_boot, due_since)
VALUES (:decision, :number, :name, 'pending', :due_at, :boot, :seconds);

-- name: steps(decision)
SELECT * FROM steps WHERE decision = :decision ORDER BY number;

-- name: lease(company, boot, seconds, until, states)^
-- The first due step of a claimed decision whose earlier steps are confirmed, leased to the caller.
-- A lease of another boot is void, and so is a wait: its clock means nothing here.
UPDATE steps SET fence = fence + 1, lease_boot = :boot, lease_until = :until
 WHERE (decision, number) = (
    SELECT s.decision, s.number FROM steps AS s
      JOIN decisions AS d ON d.id = s.decision AND d.state = 'claimed' AND d.company = :company
     WHERE s.state IN (SELECT value FROM json_each(:states))
       AND (s.due_boot <> :boot OR s.due_since <= :seconds)
       AND (s.lease_boot <> :boot OR s.lease_until <= :seconds)
       AND NOT EXISTS (SELECT 1 FROM steps AS earlier
                        WHERE earlier.decision = s.decision AND earlier.number < s.number
                          AND earlier.state <> 'confirmed')
     ORDER BY s.due_boot = :boot, s.due_since, s.decision LIMIT 1)
RETURNING *;

-- name: free_leases()!
-- At start: the store is this process's alone, so whoever held a lease is no more.
UPDATE steps SET lease_until = 0 WHERE lease_until > 0;

-- name: next_due(company, boot, seconds, states)$
-- By the boot-time clock; what another boot was to do is due now.
SELECT min(iif(s.due_boot = :boot, s.due_since, 0)) FROM steps AS s
  JOIN decisions AS d ON d.id = s.decision AND d.state = 'claimed' AND d.company = :company
 WHERE s.state IN (SELECT value FROM json_each(:states))
   AND (s.lease_boot <> :boot OR s.lease_until <= :seconds)
   AND NOT EXISTS (SELECT 1 FROM steps AS earlier
                    WHERE earlier.decision = s.decision AND earlier.number < s.number
                      AND earlier.state <> 'confirmed');

-- name: send(decision, number, fence, now, boot, seconds, approved_before, edited_by, erp_id, sent_there)!
-- Committed before the first byte leaves. The fence keeps out a runner that lost its lease.
UPDATE steps SET state = 'sent', sent_at = :now, sent_boot = :boot, sent_since = :seconds,
       attempts = attempts + 1, outcome = '', reading = '', reads = 0,
       approved_before = :approved_before, edited_by = :edited_by,
       erp_id = :erp_id, sent_there = :sent_there
 WHERE decision = :decision AND number = :number AND fence = :fence AND state = 'pending';

-- name: doubt(decision, number, fence, outcome, reading, reading_since, reads, sent_boot, sent_since, due_at, due_boot, due_since, detail)!
UPDATE steps SET state = 'in_doubt', outcome = :outcome, reading = :reading,
       reading_since = :reading_since, reads = :reads, sent_boot = :sent_boot, sent_since = :sent_since,
       due_at = :due_at, due_boot = :due_boot, due_since = :due_since,
       detail = :detail, lease_until = 0
 WHERE decision = :decision AND number = :number AND fence = :fence
   AND state IN ('sent', 'in_doubt');

-- name: put_off(decision, number, fence, due_at, due_boot, due_since, detail)!
-- Certainly not done: the step starts again with a fresh check.
UPDATE steps SET state = 'pending', due_at = :due_at, due_boot = :due_boot,
       due_since = :due_since, detail = :detail, lease_until = 0
 WHERE decision = :decision AND number = :number AND fence = :fence
   AND state IN ('pending', 'sent');

-- name: finish_step(decision, number, fence, state, outcome, detail, left_at)!
UPDATE steps SET state = :state, outcome = :outcome, detail = :detail, left_at = :left_at,
       lease_until = 0
 WHERE decision = :decision AND number = :number AND fence = :fence
   AND state IN ('pending', 'sent', 'in_doubt');

-- name: answer(activity)$
SELECT answer FROM answers WHERE activity = :activity;

-- name: keep_answer(activity, answer, at)!
INSERT INTO answers (activity, answer, at) VALUES (:activity, :answer, :at)
ON CONFLICT (activity) DO NOTHING;

-- name: drop_answers(before)!
DELETE FROM answers WHERE at < :before;

-- name: open_questions(company)^
-- How many questions wait for people, and since when the oldest does.
SELECT count(*) AS number, min(asked_at) AS oldest FROM decisions
 WHERE company = :company AND state = 'pending';
