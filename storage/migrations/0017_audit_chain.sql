-- Each audit row carries a proof made with a key, over itself and the row before. Nobody without the
-- key can change, add, take out or reorder a row unseen. What was written before is chained at the
-- next start. Who acted stands as a pseudonym; whose it is stands apart and can be forgotten.

DROP TRIGGER audit_no_update;
DROP TRIGGER audit_no_delete;
DROP INDEX audit_document;
ALTER TABLE audit RENAME TO audit_before;

CREATE TABLE audit_people (
    alias  TEXT PRIMARY KEY,             -- random: says nothing once the row is gone
    person TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit_rows (
    seq         INTEGER PRIMARY KEY,     -- without gaps
    at          TEXT NOT NULL,
    correlation TEXT NOT NULL,
    actor       TEXT NOT NULL,           -- a pseudonym, or a part of the service by its name
    action      TEXT NOT NULL,
    company     TEXT NOT NULL,
    document    TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    detail      TEXT NOT NULL,           -- may be erased, in parts or all of it
    salt        TEXT NOT NULL,           -- goes when something of the detail is erased
    erased      TEXT NOT NULL DEFAULT '',-- proof that whoever erased had the key
    commitment  TEXT NOT NULL,           -- to the detail as it was first
    previous    TEXT NOT NULL,
    key         TEXT NOT NULL,
    mac         TEXT NOT NULL
) STRICT;
CREATE INDEX audit_document ON audit_rows (company, document, seq);
CREATE INDEX audit_whole ON audit_rows (seq) WHERE salt <> '';

CREATE TRIGGER audit_no_update BEFORE UPDATE OF
    seq, at, correlation, actor, action, company, document, fingerprint, outcome, commitment,
    previous, key, mac ON audit_rows BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;
CREATE TRIGGER audit_only_erase BEFORE UPDATE OF detail, salt, erased ON audit_rows
WHEN NEW.salt <> '' OR NEW.erased = '' BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_rows BEGIN
    SELECT RAISE(ABORT, 'audit rows are never deleted');
END;

CREATE VIEW audit AS                     -- the trail as people read it
SELECT audit_rows.seq, at, correlation, coalesce(person, actor) AS actor, action, company, document,
       fingerprint, outcome, detail
  FROM audit_rows LEFT JOIN audit_people ON audit_people.alias = audit_rows.actor;

CREATE TABLE settings_seen (             -- what the service last started with, to tell a change
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
