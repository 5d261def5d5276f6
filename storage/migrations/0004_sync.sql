-- How pushes are put in order, how far long reads are, and what an operator asked for.

ALTER TABLE inbox ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;  -- the sender's TimeStamp, .NET ticks
DROP INDEX inbox_new;
CREATE INDEX inbox_new ON inbox (company, stamp, id) WHERE state = 'new';
CREATE INDEX inbox_parked ON inbox (company, id) WHERE state = 'parked';

-- What a list read showed when it made the hint: the same row again is no new hint.
ALTER TABLE hints ADD COLUMN shown TEXT NOT NULL DEFAULT '';

-- 0: waits for somebody, or somebody is asked about it. 1: thousands of others can wait for those.
ALTER TABLE hints ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
CREATE INDEX hints_lane ON hints (company, lane, due_at) WHERE state = 'pending';

CREATE TABLE progress (                  -- how far a long read is, one row per thing that is read
    company     TEXT NOT NULL,
    what        TEXT NOT NULL,
    entity      TEXT NOT NULL,
    rows        INTEGER NOT NULL DEFAULT 0,
    pages       INTEGER NOT NULL DEFAULT 0,
    total       INTEGER,                 -- where it is known beforehand
    started_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    finished_at TEXT,
    note        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (company, what, entity)
) STRICT;

CREATE TABLE requests (                  -- reconciliations an operator asked for
    id       INTEGER PRIMARY KEY,
    company  TEXT NOT NULL,
    state    TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'taken', 'done')),
    asked_at TEXT NOT NULL,
    done_at  TEXT,
    answer   TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX requests_open ON requests (company, id) WHERE state <> 'done';
