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

-- name: watermark(company, entity)$
SELECT seen FROM watermarks WHERE company = :company AND entity = :entity;

-- name: begin(company, now)!
-- The row without an entity tells when the company was first served; it never changes.
INSERT INTO watermarks (company, entity, seen) VALUES (:company, '', :now)
ON CONFLICT (company, entity) DO NOTHING;

-- name: raise_watermark(company, entity, seen)!
INSERT INTO watermarks (company, entity, seen) VALUES (:company, :entity, :seen)
ON CONFLICT (company, entity) DO UPDATE SET seen = max(seen, excluded.seen);

-- name: party(company, entity, code)^
SELECT name, read_at FROM parties
 WHERE company = :company AND entity = :entity AND code = :code;

-- name: put_party(company, entity, code, name, read_at)!
INSERT INTO parties (company, entity, code, name, read_at)
VALUES (:company, :entity, :code, :name, :read_at)
ON CONFLICT (company, entity, code) DO UPDATE SET
    name = excluded.name, read_at = excluded.read_at;
