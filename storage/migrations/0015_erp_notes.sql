-- What was said and decided in Teams, wanted as a note on the document in the ERP: one row for each
-- matter that is over. The words are put together when they leave.
CREATE TABLE erp_notes (
    company     TEXT NOT NULL,
    document    TEXT NOT NULL,
    matter      TEXT NOT NULL,             -- its newest decision; empty: nobody was ever asked
    state       TEXT NOT NULL DEFAULT 'wanted'
                CHECK (state IN ('wanted', 'done', 'dropped', 'parked')),
    claimed     INTEGER NOT NULL DEFAULT 0, -- the ERP said that it took the note; not read back yet
    attempts    INTEGER NOT NULL DEFAULT 0,
    wanted_at   TEXT NOT NULL,
    due_at      TEXT NOT NULL,
    correlation TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (company, document, matter)
) STRICT;
CREATE INDEX erp_notes_due ON erp_notes (company, due_at) WHERE state = 'wanted';
