-- Channels Graph tells us of: what is subscribed there, and until when.
CREATE TABLE subscriptions (
    channel     TEXT PRIMARY KEY,            -- id of the channel in Teams
    team        TEXT NOT NULL DEFAULT '',    -- its team as Graph knows it (aadGroupId)
    id          TEXT NOT NULL DEFAULT '',    -- empty: there is none, or its creation got no answer
    secret      TEXT NOT NULL DEFAULT '',    -- hash of its clientState
    certificate TEXT NOT NULL DEFAULT '',    -- messages come sealed to this one; empty: they do not
    expires_at  TEXT,
    due_at      TEXT NOT NULL,               -- when to look after it next
    attempts    INTEGER NOT NULL DEFAULT 0,  -- failures in a row
    noticed_at  TEXT,                        -- last notice that was proved
    error       TEXT NOT NULL DEFAULT ''
) STRICT;

-- Replies Graph told of, to be read; many notices about one are one.
CREATE TABLE notices (
    channel    TEXT NOT NULL,
    root       TEXT NOT NULL,                -- the thread's first message
    message    TEXT NOT NULL,                -- empty: all replies of the thread
    enclosed   TEXT NOT NULL DEFAULT '',     -- the reply itself, sealed, where it came along proved
    generation INTEGER NOT NULL DEFAULT 1,   -- grows with each notice, so that none is lost midway
    state      TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'parked')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (channel, root, message)
) STRICT;
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'pending';

-- Teams by their id in Teams, and the id Graph knows them by.
CREATE TABLE teams (
    team     TEXT PRIMARY KEY,
    group_id TEXT NOT NULL
) STRICT;

ALTER TABLE comments ADD COLUMN guest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE comments ADD COLUMN changed TEXT NOT NULL DEFAULT '';  -- in Teams since: edited, deleted
