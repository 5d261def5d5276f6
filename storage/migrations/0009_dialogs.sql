-- Forms people are asked to fill in before something is decided, asked or answered.
CREATE TABLE dialogs (
    token        TEXT PRIMARY KEY,         -- carried by the form; works once
    kind         TEXT NOT NULL,            -- reject, ask, answer
    about        TEXT NOT NULL,            -- token of the card, or of the question, it was opened from
    person       TEXT NOT NULL,            -- aadObjectId of who opened it; nobody else may send it
    conversation TEXT NOT NULL,            -- where the button stood, and on which message
    reply_to     TEXT NOT NULL,
    opened_at    TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    answer       TEXT NOT NULL DEFAULT ''  -- what it was answered when sent; a repeat hears it again
) STRICT;
CREATE INDEX dialogs_expiry ON dialogs (expires_at);

CREATE TABLE questions (                   -- comments somebody is asked to answer
    token      TEXT PRIMARY KEY,           -- carried by the button that answers it
    company    TEXT NOT NULL,
    document   TEXT NOT NULL,
    asker      TEXT NOT NULL,              -- aadObjectIds
    asker_name TEXT NOT NULL,
    asked      TEXT NOT NULL,
    asked_name TEXT NOT NULL,
    text       TEXT NOT NULL,
    thread     TEXT NOT NULL,              -- where it was put; empty: in the asked person's own chat
    service_url TEXT NOT NULL,
    asked_at   TEXT NOT NULL
) STRICT;

ALTER TABLE decisions ADD COLUMN said TEXT NOT NULL DEFAULT '';  -- the reason the person gave
CREATE INDEX comments_rate ON comments (company, document, person, via, said_at);
