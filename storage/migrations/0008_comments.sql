-- What people said about a document: under its card, in a dialog, or in the ERP. It decides nothing.
CREATE TABLE comments (
    id       INTEGER PRIMARY KEY,
    company  TEXT NOT NULL,
    document TEXT NOT NULL,
    source   TEXT NOT NULL UNIQUE,  -- which message it was; the same message twice is one comment
    person   TEXT NOT NULL,         -- aadObjectId
    name     TEXT NOT NULL,
    text     TEXT NOT NULL,
    via      TEXT NOT NULL,         -- reply, question, reason
    said_at  TEXT NOT NULL
) STRICT;
CREATE INDEX comments_document ON comments (company, document, id);

ALTER TABLE conversations ADD COLUMN locale TEXT NOT NULL DEFAULT '';
