-- Waiting periods by the clock nobody can set; decisions that two administrators must settle.
ALTER TABLE decisions ADD COLUMN claimed_boot  TEXT NOT NULL DEFAULT '';
ALTER TABLE decisions ADD COLUMN claimed_since REAL NOT NULL DEFAULT 0;  -- seconds of the boot-time clock

-- `due_at` only tells people; what is due is judged by these. Another boot's reading means nothing.
ALTER TABLE steps ADD COLUMN due_boot   TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN due_since  REAL NOT NULL DEFAULT 0;
ALTER TABLE steps ADD COLUMN erp_id     TEXT NOT NULL DEFAULT '';  -- id of what was checked right before the call
ALTER TABLE steps ADD COLUMN sent_there TEXT;                      -- when it was sent, by the ERP's own clock

-- Nor is a new question put about a document while nobody has settled what the last one did (I11).
DROP INDEX one_open_decision;
CREATE UNIQUE INDEX one_open_decision ON decisions (company, document)
    WHERE state IN ('pending', 'claimed', 'needs_person');

CREATE TABLE settlements (                -- what one administrator records and another confirms
    decision    TEXT PRIMARY KEY REFERENCES decisions (id),
    token       TEXT NOT NULL UNIQUE,     -- carried by the buttons of the administrators' cards
    opened_at   TEXT NOT NULL,
    verdict     TEXT NOT NULL DEFAULT '', -- took_effect, no_effect, seen; empty: nothing recorded
    first       TEXT NOT NULL DEFAULT '', -- aadObjectId of who recorded it
    first_name  TEXT NOT NULL DEFAULT '',
    first_at    TEXT,
    second      TEXT NOT NULL DEFAULT '', -- of who confirmed it: then it is settled
    second_name TEXT NOT NULL DEFAULT '',
    second_at   TEXT,
    objected_by TEXT NOT NULL DEFAULT ''  -- name of who objected last, so that all know why it began anew
) STRICT;
CREATE INDEX settlements_open ON settlements (opened_at) WHERE second = '';

INSERT INTO settlements (decision, token, opened_at)
SELECT id, lower(hex(randomblob(24))), coalesce(settled_at, asked_at)
  FROM decisions WHERE state = 'needs_person';
