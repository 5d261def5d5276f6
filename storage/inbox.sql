-- name: add(company, identity, received_at, stamp, body, correlation)!
-- The same push again changes nothing.
INSERT INTO inbox (company, identity, received_at, stamp, body, correlation)
VALUES (:company, :identity, :received_at, :stamp, :body, :correlation)
ON CONFLICT (company, identity) DO NOTHING;

-- name: add_all(rows)
-- Many at once, as `add` would one after the other; returns those that were not there.
INSERT INTO inbox (company, identity, received_at, stamp, body, correlation)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, CAST(value ->> 4 AS BLOB), value ->> 5
  FROM json_each(:rows) WHERE true
ON CONFLICT (company, identity) DO NOTHING
RETURNING company, identity;

-- name: next_new(company)^
SELECT id, company, body, correlation FROM inbox
 WHERE state = 'new' AND company = :company ORDER BY stamp, id LIMIT 1;

-- name: next_new_all(company, limit, bytes)
-- The first ones in line, together no more than so many bytes; the very first whatever its size.
WITH line AS (SELECT id, stamp, length(body) AS bytes FROM inbox
               WHERE state = 'new' AND company = :company ORDER BY stamp, id LIMIT :limit),
     summed AS (SELECT id, row_number() OVER (ORDER BY stamp, id) AS place,
                       sum(bytes) OVER (ORDER BY stamp, id) AS bytes FROM line)
SELECT inbox.id, company, body, correlation FROM summed JOIN inbox USING (id)
 WHERE summed.bytes <= :bytes OR place = 1 ORDER BY place;

-- name: finish_all(ids)!
UPDATE inbox SET state = 'done', reason = ''
 WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'new';

-- name: finish(id, state, reason)!
UPDATE inbox SET state = :state, reason = :reason WHERE id = :id AND state = 'new';

-- name: parked()
SELECT id, company, received_at, reason FROM inbox WHERE state = 'parked' ORDER BY id;

-- name: forget(before)!
-- A push may be sent again by hand for two days; longer than that nobody asks for it.
DELETE FROM inbox WHERE state = 'done' AND received_at < :before;

-- name: forget_parked(before)
-- An operator had a month to see them.
DELETE FROM inbox WHERE state = 'parked' AND received_at < :before RETURNING company;

-- name: hint(company, documents, lane, reason, correlation, due_at)!
-- Many hints for one document are one; the generation tells a hint that came during a look.
-- What somebody is asked about goes first, whatever is said of it.
INSERT INTO hints (company, document, reason, correlation, due_at, lane)
SELECT :company, asked.value, :reason, :correlation, :due_at,
       :lane AND NOT EXISTS (SELECT 1 FROM decisions AS q
                              WHERE q.company = :company AND q.document = asked.value
                                AND q.state IN ('pending', 'claimed'))
  FROM json_each(:documents) AS asked WHERE true
ON CONFLICT (company, document) DO UPDATE SET
    generation = generation + 1, state = 'pending', attempts = 0, shown = '', lane = excluded.lane,
    reason = excluded.reason, correlation = excluded.correlation, due_at = excluded.due_at;

-- name: hint_unknown(company, rows, waiting, reason, correlation, due_at)
-- What is known as the list showed it makes no hint; nor does a row that made one already, or else
-- one poll after the other would start a parked or postponed look anew.
INSERT INTO hints (company, document, reason, correlation, due_at, shown, lane)
SELECT :company, row.document, :reason, :correlation, :due_at, row.status || '|' || row.changed,
       row.status NOT IN (SELECT value FROM json_each(:waiting))
       AND NOT EXISTS (SELECT 1 FROM decisions AS q
                        WHERE q.company = :company AND q.document = row.document
                          AND q.state IN ('pending', 'claimed'))
  FROM (SELECT json_extract(value, '$[0]') AS document, json_extract(value, '$[1]') AS status,
               json_extract(value, '$[2]') AS changed FROM json_each(:rows)) AS row
 WHERE NOT EXISTS (SELECT 1 FROM documents AS d
                    WHERE d.company = :company AND d.document = row.document AND d.gone = 0
                      AND d.status = row.status AND d.last_modified = row.changed)
   AND NOT EXISTS (SELECT 1 FROM hints AS h
                    WHERE h.company = :company AND h.document = row.document
                      AND h.shown = row.status || '|' || row.changed)
ON CONFLICT (company, document) DO UPDATE SET
    generation = generation + 1, state = 'pending', attempts = 0, shown = excluded.shown,
    lane = excluded.lane,
    reason = excluded.reason, correlation = excluded.correlation, due_at = excluded.due_at
RETURNING document;

-- name: pending_among(company, documents)
SELECT h.document FROM json_each(:documents) AS asked
  JOIN hints AS h ON h.company = :company AND h.document = asked.value AND h.state = 'pending';

-- name: due_hints(company, now, limit)
-- The plus keeps SQLite from finding all that is due by its time, only to put it in order after.
SELECT * FROM hints WHERE company = :company AND state = 'pending' AND +due_at <= :now
 ORDER BY lane, due_at, document LIMIT :limit;

-- name: set_back(company, now, shift)!
-- The wall clock was set back: what was to be looked at by the former one is by this one.
UPDATE hints SET due_at = strftime('%Y-%m-%dT%H:%M:%f', due_at, :shift) || '000+00:00'
 WHERE company = :company AND state = 'pending' AND due_at > :now;

-- name: next_hints(company, limit)
SELECT document, due_at FROM hints WHERE company = :company AND state = 'pending'
 ORDER BY due_at, document LIMIT :limit;

-- name: answer_hint(company, document, generation)!
-- Stays when another hint came meanwhile: that one has not been looked at yet.
DELETE FROM hints WHERE company = :company AND document = :document AND generation = :generation;

-- name: postpone_hint(company, document, generation, state, due_at, note)!
UPDATE hints SET state = :state, attempts = attempts + 1, due_at = :due_at, note = :note
 WHERE company = :company AND document = :document AND generation = :generation;

-- name: parked_hints()
SELECT company, document, note FROM hints WHERE state = 'parked' ORDER BY company, document;
