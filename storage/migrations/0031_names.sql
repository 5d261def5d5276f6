-- Who stands behind a pseudonym of the audit trail is proved with the trail's key, too: whoever can
-- write this file could otherwise have somebody else be who decided. Rows from before get their
-- proof at the first start of this version, which the trail tells.
ALTER TABLE audit_people ADD COLUMN proof TEXT NOT NULL DEFAULT '';
