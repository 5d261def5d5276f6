-- What an operator tries once more, and by when a message that is tried once more is too old.

ALTER TABLE outbox ADD COLUMN replayed_at TEXT;
CREATE INDEX outbox_unfinished ON outbox (id) WHERE state <> 'delivered';

CREATE TABLE replays (                   -- left here by a command, done by the service
    id       INTEGER PRIMARY KEY,
    items    TEXT NOT NULL,              -- what the list of deliveries calls them
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    preview  INTEGER NOT NULL,           -- only tell what would be done
    state    TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done')),
    answer   TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE restorations (              -- backups this store was started from
    id           INTEGER PRIMARY KEY,
    backed_up_at TEXT NOT NULL,
    noticed_at   TEXT,
    boot         TEXT NOT NULL DEFAULT '',
    since        REAL NOT NULL DEFAULT 0 -- seconds of the boot-time clock
) STRICT;
