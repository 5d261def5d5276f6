-- What stands around documents: more of people and vendors, and what bills were compared with.

ALTER TABLE employees ADD COLUMN login TEXT NOT NULL DEFAULT '';
ALTER TABLE employees ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE employees ADD COLUMN reports_to TEXT NOT NULL DEFAULT '';
ALTER TABLE employees ADD COLUMN delegates TEXT NOT NULL DEFAULT '[]';

CREATE TABLE contacts (                  -- only where a company asks for them
    company TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    email   TEXT NOT NULL,
    active  INTEGER NOT NULL,
    PRIMARY KEY (company, id)
) STRICT;

DELETE FROM parties;                     -- names kept for hours; they come back with what is new
ALTER TABLE parties ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE parties ADD COLUMN instructions TEXT NOT NULL DEFAULT '';  -- a hash, never the values
ALTER TABLE parties ADD COLUMN instructions_since TEXT;     -- since when we know them like this
ALTER TABLE parties ADD COLUMN instructions_changed INTEGER NOT NULL DEFAULT 0; -- 0: first sight

CREATE TABLE matches (                   -- what a bill was compared with, so that it is read once
    company  TEXT NOT NULL,
    document TEXT NOT NULL,
    mark     TEXT NOT NULL,              -- of all the comparison depends on
    found    TEXT NOT NULL,
    read_at  TEXT NOT NULL,
    PRIMARY KEY (company, document)
) STRICT;

CREATE TABLE vendor_refs (               -- which bill has which reference of its vendor
    company   TEXT NOT NULL,
    document  TEXT NOT NULL,
    party     TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (company, document)
) STRICT;
CREATE INDEX vendor_refs_same ON vendor_refs (company, party, reference);
