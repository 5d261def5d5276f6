-- The admin page: who is signed in, links that sign in once, and matches an operator settled there.
-- Ids of sessions and links are kept as hashes only: who reads the store can use none of them.
CREATE TABLE admin_sessions (
    mark     TEXT PRIMARY KEY,           -- SHA-256 of the id in the cookie
    person   TEXT NOT NULL,              -- aadObjectId; empty for who came by a link
    name     TEXT NOT NULL,
    role     TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    begun_at TEXT NOT NULL,
    seen_at  TEXT NOT NULL,
    ends_at  TEXT NOT NULL
) STRICT;

CREATE TABLE admin_links (
    mark    TEXT PRIMARY KEY,            -- SHA-256 of the token in the address
    name    TEXT NOT NULL,               -- who made it
    role    TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    ends_at TEXT NOT NULL
) STRICT;

CREATE TABLE settled_matches (           -- which person an employee is, where addresses leave doubt
    company    TEXT NOT NULL,
    employee   TEXT NOT NULL,            -- employee code
    person     TEXT NOT NULL,            -- aadObjectId
    settled_by TEXT NOT NULL,            -- name of who said so
    settled_at TEXT NOT NULL,
    PRIMARY KEY (company, employee)
) STRICT;

-- Documents by when their status changed last, newest first.
CREATE INDEX documents_newest ON documents (company, status_since, document);
