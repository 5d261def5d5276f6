-- Everything Countersign remembers. Moments are UTC text of one width, so that they sort.

CREATE TABLE inbox (                     -- pushes exactly as they came
    id          INTEGER PRIMARY KEY,
    company     TEXT NOT NULL,
    identity    TEXT NOT NULL,           -- query and transaction id: what makes two pushes one
    received_at TEXT NOT NULL,
    body        BLOB NOT NULL,
    correlation TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'parked')),
    reason      TEXT NOT NULL DEFAULT '',
    UNIQUE (company, identity)
) STRICT;
CREATE INDEX inbox_new ON inbox (company, id) WHERE state = 'new';

CREATE TABLE hints (                     -- documents to look at; many hints for one are one
    company     TEXT NOT NULL,
    document    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    correlation TEXT NOT NULL,
    generation  INTEGER NOT NULL DEFAULT 1,  -- grows with each hint, so that none is lost mid-look
    state       TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'parked')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      TEXT NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (company, document)
) STRICT;
CREATE INDEX hints_due ON hints (company, due_at) WHERE state = 'pending';

CREATE TABLE documents (                 -- each document as the ERP last showed it
    company      TEXT NOT NULL,
    document     TEXT NOT NULL,
    status       TEXT NOT NULL,
    status_since TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    snapshot     TEXT NOT NULL,
    revision     INTEGER NOT NULL,       -- counts material changes: the occurrence of D9
    read_at      TEXT NOT NULL,
    gone         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (company, document)
) STRICT;
CREATE INDEX documents_status ON documents (status);

CREATE TABLE watermarks (                -- how far polling has seen, per company and entity
    company TEXT NOT NULL,
    entity  TEXT NOT NULL,
    seen    TEXT NOT NULL,
    PRIMARY KEY (company, entity)
) STRICT;

CREATE TABLE decisions (                 -- one question put to people, and what became of it
    id          TEXT PRIMARY KEY,
    company     TEXT NOT NULL,
    document    TEXT NOT NULL,
    token       TEXT NOT NULL UNIQUE,    -- the card token: all copies of the card lead here
    state       TEXT NOT NULL,
    verbs       TEXT NOT NULL,
    approvers   TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    changes     TEXT NOT NULL DEFAULT '[]',
    asked_in    TEXT NOT NULL,           -- status whose route names verbs, people and places
    resumes     INTEGER NOT NULL DEFAULT 0, -- goes on where a tried plan stopped midway
    asked_at    TEXT NOT NULL,
    verb        TEXT NOT NULL DEFAULT '',
    person      TEXT NOT NULL DEFAULT '',   -- aadObjectId of who pressed
    person_name TEXT NOT NULL DEFAULT '',
    claimed_at  TEXT,
    settled_at  TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    correlation TEXT NOT NULL
) STRICT;
-- At most one question is open, or at work, per document (invariant I1).
CREATE UNIQUE INDEX one_open_decision ON decisions (company, document)
    WHERE state IN ('pending', 'claimed');
CREATE INDEX decisions_document ON decisions (company, document, asked_at);

CREATE TABLE steps (                     -- the plan of a claimed decision, each step journaled
    decision    TEXT NOT NULL REFERENCES decisions (id),
    number      INTEGER NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    due_at      TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    fence       INTEGER NOT NULL DEFAULT 0,  -- grows with each claim: a runner that lost it may not act
    lease_boot  TEXT NOT NULL DEFAULT '',
    lease_until REAL NOT NULL DEFAULT 0,     -- seconds of the boot-time clock
    sent_at     TEXT,
    sent_boot   TEXT NOT NULL DEFAULT '',
    sent_since  REAL NOT NULL DEFAULT 0,
    outcome     TEXT NOT NULL DEFAULT '',
    reading     TEXT NOT NULL DEFAULT '',    -- what read-backs show, and since when they do
    reading_since REAL NOT NULL DEFAULT 0,
    reads       INTEGER NOT NULL DEFAULT 0,
    detail      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (decision, number)
) STRICT;
CREATE INDEX steps_due ON steps (due_at) WHERE state IN ('pending', 'sent', 'in_doubt');

CREATE TABLE cards (                     -- one card per document and target, edited in place
    company      TEXT NOT NULL,
    document     TEXT NOT NULL,
    target       TEXT NOT NULL,
    replaced     INTEGER NOT NULL DEFAULT 0,
    conversation TEXT NOT NULL DEFAULT '',
    activity     TEXT NOT NULL DEFAULT '',
    service_url  TEXT NOT NULL DEFAULT '',
    shown        TEXT NOT NULL DEFAULT '',   -- hash of what the card shows now
    posted_at    TEXT,
    PRIMARY KEY (company, document, target)
) STRICT;
CREATE INDEX cards_activity ON cards (conversation, activity);

CREATE TABLE outbox (                    -- messages to Teams: the queue and the proof
    id           INTEGER PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,   -- idempotency key: company, document, occurrence, target
    ordering_key TEXT NOT NULL,
    lane         INTEGER NOT NULL,       -- 0 asks somebody, 1 informs
    kind         TEXT NOT NULL,
    company      TEXT NOT NULL,
    document     TEXT NOT NULL,
    target       TEXT NOT NULL,
    payload      TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'pending',
    attempts     INTEGER NOT NULL DEFAULT 0,
    unknowns     INTEGER NOT NULL DEFAULT 0, -- posts without an answer: perhaps a copy each
    due_at       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    reason       TEXT NOT NULL DEFAULT '',
    correlation  TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_open ON outbox (due_at, lane, id)
    WHERE state IN ('pending', 'retrying', 'in_flight', 'waiting');
CREATE INDEX outbox_order ON outbox (ordering_key, id)
    WHERE state IN ('pending', 'retrying', 'in_flight', 'waiting');

CREATE TABLE answers (                   -- what an invoke was answered, for its repeats
    activity TEXT PRIMARY KEY,
    answer   TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;

CREATE TABLE channels (                  -- a name in routes, bound to a conversation in Teams
    name         TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    bound_by     TEXT NOT NULL,
    bound_at     TEXT NOT NULL
) STRICT;

CREATE TABLE conversations (             -- where the bot may write, learnt from every activity
    conversation TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    service_url  TEXT NOT NULL,
    person       TEXT NOT NULL DEFAULT '',  -- aadObjectId, for a personal chat
    team         TEXT NOT NULL DEFAULT '',
    seen_at      TEXT NOT NULL
) STRICT;

CREATE TABLE people (                    -- who is who in Teams, from rosters
    aad_object_id TEXT PRIMARY KEY,
    teams_id      TEXT NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    guest         INTEGER NOT NULL DEFAULT 0,
    seen_at       TEXT NOT NULL
) STRICT;

CREATE TABLE employees (                 -- who is who in the ERP
    company TEXT NOT NULL,
    code    TEXT NOT NULL,
    name    TEXT NOT NULL,
    email   TEXT NOT NULL,
    active  INTEGER NOT NULL,
    PRIMARY KEY (company, code)
) STRICT;

CREATE TABLE parties (                   -- names of vendors, so that a look need not read them again
    company TEXT NOT NULL,
    entity  TEXT NOT NULL,
    code    TEXT NOT NULL,
    name    TEXT NOT NULL,
    read_at TEXT NOT NULL,
    PRIMARY KEY (company, entity, code)
) STRICT;

CREATE TABLE audit (                     -- what happened, in order; rows are never changed
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    at          TEXT NOT NULL,
    correlation TEXT NOT NULL,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    company     TEXT NOT NULL DEFAULT '',
    document    TEXT NOT NULL DEFAULT '',
    detail      TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX audit_document ON audit (company, document, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are never deleted');
END;
