-- What one person's own chat was given of late, and who asked for what is held back there.

CREATE INDEX outbox_posted ON outbox (target, tried_at) WHERE kind = 'post';

CREATE TABLE let_follow (
    target TEXT PRIMARY KEY,
    asked_at TEXT NOT NULL
) STRICT;
