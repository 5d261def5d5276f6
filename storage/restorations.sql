-- name: unnoticed()
SELECT id, backed_up_at FROM restorations WHERE noticed_at IS NULL ORDER BY id;

-- name: notice(now, boot, seconds)!
UPDATE restorations SET noticed_at = :now, boot = :boot, since = :seconds WHERE noticed_at IS NULL;

-- name: restart_wait(boot, seconds, since)!
-- Another boot's clock means nothing: what was noticed lately counts as noticed now.
UPDATE restorations SET boot = :boot, since = :seconds
 WHERE noticed_at > :since AND boot <> :boot;

-- name: waits(boot, until)$
SELECT id FROM restorations WHERE noticed_at IS NOT NULL AND boot = :boot AND since > :until
 LIMIT 1;

-- name: withdraw(reason, now)
UPDATE decisions SET state = 'superseded', reason = :reason, settled_at = :now
 WHERE state = 'pending' RETURNING company, document, id, correlation;

-- name: doubt(now, boot, seconds, detail)
-- Of every plan that was at work: its next step counts as sent just now, without an answer.
UPDATE steps SET state = 'in_doubt', sent_at = coalesce(sent_at, :now), outcome = 'A6',
                 sent_boot = :boot, sent_since = :seconds, reading = '', reading_since = :seconds,
                 due_at = :now, due_boot = :boot, due_since = :seconds, detail = :detail,
                 fence = fence + 1
 WHERE state IN ('pending', 'sent', 'in_doubt')
   AND number = (SELECT min(number) FROM steps AS other
                  WHERE other.decision = steps.decision
                    AND other.state IN ('pending', 'sent', 'in_doubt'))
   AND EXISTS (SELECT 1 FROM decisions WHERE id = steps.decision AND state = 'claimed')
RETURNING decision;
