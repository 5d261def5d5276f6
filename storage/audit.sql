-- name: add(at, correlation, actor, action, company, document, fingerprint, outcome, detail)!
-- One statement reads the proof before and writes the next, so that nobody comes in between, not
-- even another process. `audit_seal` is ours, on connections that have a key.
WITH last (seq, mac) AS (
    SELECT coalesce(max(seq), 0), coalesce((SELECT mac FROM audit_rows ORDER BY seq DESC LIMIT 1), '')
      FROM audit_rows
),
who (actor) AS (
    SELECT coalesce((SELECT alias FROM audit_people WHERE person = :actor), :actor)
),
sealed (seq, previous, actor, seal) AS MATERIALIZED (
    SELECT seq + 1, mac, actor,
           audit_seal(seq + 1, mac, :at, :correlation, actor, :action, :company, :document,
                      :fingerprint, :outcome, :detail)
      FROM last, who
)
INSERT INTO audit_rows (seq, at, correlation, actor, action, company, document, fingerprint, outcome,
                        detail, salt, commitment, previous, key, mac)
SELECT seq, :at, :correlation, actor, :action, :company, :document, :fingerprint, :outcome,
       :detail, json_extract(seal, '$[0]'), json_extract(seal, '$[1]'), previous,
       json_extract(seal, '$[2]'), json_extract(seal, '$[3]')
  FROM sealed;

-- name: know(person)!
-- A pseudonym and the proof whose it is; made once, though it stands in two columns.
WITH fresh (alias) AS MATERIALIZED (SELECT audit_alias())
INSERT INTO audit_people (alias, person, proof)
SELECT alias, :person, audit_name(alias, :person) FROM fresh WHERE true
ON CONFLICT (person) DO NOTHING;

-- name: names_proved()$
-- Whether every name has had its proof since: then one without a proof was changed.
SELECT EXISTS (SELECT 1 FROM audit_rows WHERE outcome = 'names proved');

-- name: prove_names()!
UPDATE audit_people SET proof = audit_name(alias, person) WHERE proof = '';

-- name: names()
SELECT alias, person, proof FROM audit_people ORDER BY alias;

-- name: first_by(actor)$
SELECT coalesce(min(seq), 0) FROM audit_rows WHERE actor = :actor;

-- name: nameless()^
-- The first row of whoever has a pseudonym and no name, where nobody was ever erased.
SELECT seq, actor FROM audit_rows
 WHERE actor LIKE 'person-%' AND actor NOT IN (SELECT alias FROM audit_people)
   AND NOT EXISTS (SELECT 1 FROM audit_rows WHERE action IN ('person erased', 'details erased'))
 ORDER BY seq LIMIT 1;

-- name: alias_of(person)$
SELECT alias FROM audit_people WHERE person = :person;

-- name: aliases()
SELECT alias, person FROM audit_people ORDER BY alias;

-- name: forget(person)!
DELETE FROM audit_people WHERE person = :person;

-- name: forget_unused(before)!
-- Whoever acted in no row that still has its detail.
DELETE FROM audit_people WHERE NOT EXISTS (
    SELECT 1 FROM audit_rows WHERE audit_rows.actor = audit_people.alias AND salt <> ''
) AND NOT EXISTS (
    SELECT 1 FROM audit_rows WHERE audit_rows.actor = audit_people.alias AND at >= :before
);

-- name: of_document(company, document, limit)
SELECT * FROM (SELECT * FROM audit WHERE company = :company AND document = :document
                ORDER BY seq DESC LIMIT :limit) ORDER BY seq;

-- name: told_of(company, document, before, limit)
-- A page of one document's own rows, the newest first.
SELECT * FROM audit_rows
 WHERE company = :company AND document = :document AND seq < :before
 ORDER BY seq DESC LIMIT :limit;

-- name: back(before, limit)
SELECT * FROM audit_rows WHERE seq < :before ORDER BY seq DESC LIMIT :limit;

-- name: aliases_among(aliases)
SELECT alias, person FROM audit_people WHERE alias IN (SELECT value FROM json_each(:aliases));

-- name: newest(limit)
SELECT * FROM audit ORDER BY seq DESC LIMIT :limit;

-- name: head()^
SELECT * FROM audit_rows ORDER BY seq DESC LIMIT 1;

-- name: signed_by(key)$
SELECT EXISTS (SELECT 1 FROM audit_rows WHERE key = :key);

-- name: after(seq, limit)
SELECT * FROM audit_rows WHERE seq > :seq ORDER BY seq LIMIT :limit;

-- name: first()$
-- A row with a number below one can only have been put in.
SELECT min(seq) FROM audit_rows;

-- name: rows_of_document(company, document, seq, limit)
-- Its own, and what told us of it: one push may name many documents, so that its row names none.
WITH own (correlation) AS (
    SELECT DISTINCT correlation FROM audit_rows
     WHERE document = :document AND (:company = '' OR company = :company)
)
SELECT * FROM audit_rows
 WHERE seq > :seq AND (:company = '' OR company = :company)
   AND (document = :document
        OR document = ''
           AND (correlation IN own
                OR action = 'pushes read'
                   AND EXISTS (SELECT 1 FROM json_each(audit_rows.detail, '$.pushes')
                                WHERE value IN own)))
 ORDER BY seq LIMIT :limit;

-- name: rows_between(company, since, until, seq, limit)
SELECT * FROM audit_rows
 WHERE at >= :since AND at < :until AND (:company = '' OR company = :company) AND seq > :seq
 ORDER BY seq LIMIT :limit;

-- name: companies_of(document)
SELECT DISTINCT company FROM audit_rows WHERE document = :document ORDER BY company;

-- name: whole(seq, limit)
SELECT * FROM audit_rows WHERE salt <> '' AND seq > :seq ORDER BY seq LIMIT :limit;

-- name: erase(seq, was, detail, erased)!
-- Only what still is what was read.
UPDATE audit_rows SET detail = :detail, salt = '', erased = :erased
 WHERE seq = :seq AND detail = :was;

-- name: employees_of(addresses)
-- What the ERP calls whoever has one of these addresses.
SELECT code, name, login FROM employees
 WHERE lower(email) IN (SELECT lower(value) FROM json_each(:addresses));

-- name: former_count()$
SELECT count(*) FROM audit_before;

-- name: former(limit)
SELECT * FROM audit_before ORDER BY seq LIMIT :limit;

-- name: drop_former(seq)!
DELETE FROM audit_before WHERE seq <= :seq;

-- name: seen(name)$
SELECT value FROM settings_seen WHERE name = :name;

-- name: see(name, value)!
INSERT INTO settings_seen (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
