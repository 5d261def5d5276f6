-- How sending is scheduled, where Teams lets us write, and which card stands in for which.

ALTER TABLE outbox ADD COLUMN tried_at TEXT;                       -- last taken: a start counts on from there
ALTER TABLE outbox ADD COLUMN bounded INTEGER NOT NULL DEFAULT 0;  -- refusals in a row that end in giving up

DROP INDEX outbox_open;
CREATE INDEX outbox_due ON outbox (target, lane, due_at, id) WHERE state IN ('pending', 'retrying');
CREATE INDEX outbox_when ON outbox (due_at) WHERE state IN ('pending', 'retrying');
CREATE INDEX outbox_waiting ON outbox (target) WHERE state = 'waiting';
CREATE INDEX outbox_in_flight ON outbox (id) WHERE state = 'in_flight';
CREATE INDEX outbox_tried ON outbox (tried_at) WHERE tried_at IS NOT NULL;
CREATE INDEX conversations_person ON conversations (person, seen_at) WHERE kind = 'personal';

CREATE TABLE unreachable (               -- places Teams refuses, until they answer again
    target   TEXT PRIMARY KEY,           -- as in the outbox: channel:NAME or person:ID
    reason   TEXT NOT NULL,
    since    TEXT NOT NULL,
    tried_at TEXT NOT NULL               -- tried again once a day, in case we missed the event
) STRICT;

-- The target whose place this card takes, because that one cannot be written to; mostly none.
ALTER TABLE cards ADD COLUMN stands_in TEXT NOT NULL DEFAULT '';
