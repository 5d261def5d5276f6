-- name: get(company, document)^
SELECT * FROM documents WHERE company = :company AND document = :document;

-- name: put(company, document, status, status_since, fingerprint, last_modified, snapshot, revision, read_at)!
INSERT INTO documents (company, document, status, status_since, fingerprint, last_modified,
                       snapshot, revision, read_at, gone)
VALUES (:company, :document, :status, :status_since, :fingerprint, :last_modified,
        :snapshot, :revision, :read_at, 0)
ON CONFLICT (company, document) DO UPDATE SET
    status = excluded.status, status_since = excluded.status_since,
    fingerprint = excluded.fingerprint, last_modified = excluded.last_modified,
    snapshot = excluded.snapshot, revision = excluded.revision, read_at = excluded.read_at,
    gone = 0;

-- name: mark_gone(company, document, read_at)!
UPDATE documents SET gone = 1, revision = revision + 1, read_at = :read_at
 WHERE company = :company AND document = :document AND gone = 0;

-- name: of_entity(prefix, limit)
SELECT * FROM documents WHERE document LIKE :prefix || '%' AND gone = 0
 ORDER BY status_since, document LIMIT :limit;

-- name: numbered(prefix, number)
SELECT * FROM documents
 WHERE document LIKE :prefix || '%'
   -- Compared as it is: in LIKE, % and _ of what somebody typed would match anything.
   AND lower(substr(document, -1 - length(:number))) = '/' || lower(:number)
 ORDER BY company, document;

-- name: seen(company, documents)
SELECT d.document, d.status, d.last_modified, d.fingerprint, d.read_at, d.gone
  FROM json_each(:documents) AS asked
  JOIN documents AS d ON d.company = :company AND d.document = asked.value;

-- name: standing(company, prefix, statuses, after, limit)
SELECT document, status, last_modified, fingerprint, read_at, gone FROM documents
 WHERE company = :company AND gone = 0 AND document LIKE :prefix || '%'
   AND status IN (SELECT value FROM json_each(:statuses)) AND document > :after
 ORDER BY document LIMIT :limit;

-- name: open_ones(company, prefix, statuses, after, limit)
-- What somebody is asked about, and every card of what waits by its status.
SELECT d.document, d.status, d.last_modified, d.fingerprint, d.read_at, d.gone FROM documents AS d
 WHERE d.company = :company AND d.gone = 0 AND d.document LIKE :prefix || '%'
   AND d.document > :after
   AND (EXISTS (SELECT 1 FROM decisions AS q
                 WHERE q.company = d.company AND q.document = d.document
                   AND q.state IN ('pending', 'claimed'))
        OR (d.status IN (SELECT value FROM json_each(:statuses))
            AND EXISTS (SELECT 1 FROM cards AS c
                         WHERE c.company = d.company AND c.document = d.document)))
 ORDER BY d.document LIMIT :limit;

-- name: watermark(company, entity)$
SELECT seen FROM watermarks WHERE company = :company AND entity = :entity;

-- name: begin(company, mark, now)!
-- The row without an entity tells when the company was first served; it never changes.
INSERT INTO watermarks (company, entity, seen) VALUES (:company, :mark, :now)
ON CONFLICT (company, entity) DO NOTHING;

-- name: raise_watermark(company, entity, seen)!
INSERT INTO watermarks (company, entity, seen) VALUES (:company, :entity, :seen)
ON CONFLICT (company, entity) DO UPDATE SET seen = max(seen, excluded.seen);

-- name: move_watermark(company, entity, seen)!
INSERT INTO watermarks (company, entity, seen) VALUES (:company, :entity, :seen)
ON CONFLICT (company, entity) DO UPDATE SET seen = excluded.seen;

-- name: party(company, entity, code)^
SELECT * FROM parties WHERE company = :company AND entity = :entity AND code = :code;

-- name: put_party(company, entity, code, name, read_at, status, instructions, instructions_since, instructions_changed)!
INSERT INTO parties (company, entity, code, name, read_at, status, instructions,
                     instructions_since, instructions_changed)
VALUES (:company, :entity, :code, :name, :read_at, :status, :instructions,
        :instructions_since, :instructions_changed)
ON CONFLICT (company, entity, code) DO UPDATE SET
    name = excluded.name, read_at = excluded.read_at, status = excluded.status,
    instructions = excluded.instructions, instructions_since = excluded.instructions_since,
    instructions_changed = excluded.instructions_changed;

-- name: match(company, document)^
SELECT mark, found, read_at FROM matches WHERE company = :company AND document = :document;

-- name: put_match(company, document, mark, found, read_at)!
INSERT INTO matches (company, document, mark, found, read_at)
VALUES (:company, :document, :mark, :found, :read_at)
ON CONFLICT (company, document) DO UPDATE SET
    mark = excluded.mark, found = excluded.found, read_at = excluded.read_at;

-- name: put_vendor_ref(company, document, party, reference)!
INSERT INTO vendor_refs (company, document, party, reference)
VALUES (:company, :document, :party, :reference)
ON CONFLICT (company, document) DO UPDATE SET
    party = excluded.party, reference = excluded.reference;

-- name: same_vendor_ref(company, document, party, reference)
SELECT document, status FROM vendor_refs JOIN documents USING (company, document)
 WHERE company = :company AND party = :party AND reference = :reference
   AND document <> :document AND gone = 0
 ORDER BY document;

-- name: newest(company, since, document, limit)
-- Whose status changed last comes first; a page goes on after the last row of the one before.
SELECT * FROM documents
 WHERE company = :company AND (status_since, document) < (:since, :document)
 ORDER BY status_since DESC, document DESC LIMIT :limit;

-- name: asked(company, since, document, limit)
-- Of which a question waits for people, the longest first; pages go on as above.
SELECT d.*, q.asked_at FROM decisions AS q JOIN documents AS d USING (company, document)
 WHERE q.company = :company AND q.state = 'pending'
   AND (q.asked_at, q.document) > (:since, :document)
 ORDER BY q.asked_at, q.document LIMIT :limit;
