-- Whom Graph knows, who is being given the app, and whom the activity feed told.
CREATE TABLE entra_users (               -- users found by an address somebody here has
    aad_object_id TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    mail    TEXT NOT NULL,
    upn     TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    guest   INTEGER NOT NULL,
    read_at TEXT NOT NULL
) STRICT;

CREATE TABLE lookups (                   -- what Graph answered to one address, also "nobody"
    address  TEXT PRIMARY KEY,           -- in lower case
    found    TEXT NOT NULL,              -- pairs of aadObjectId and the kind of address it was
    asked_at TEXT NOT NULL
) STRICT;

CREATE TABLE directory (                 -- one word each about the last time people were read
    name TEXT PRIMARY KEY,
    told TEXT NOT NULL,
    at   TEXT NOT NULL
) STRICT;

CREATE TABLE installs (                  -- the app on its way to people who have to approve
    person   TEXT PRIMARY KEY,           -- aadObjectId
    state    TEXT NOT NULL CHECK (state IN ('wanted', 'sent', 'there', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at   TEXT NOT NULL,
    since    TEXT NOT NULL,
    note     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX installs_due ON installs (due_at) WHERE state IN ('wanted', 'sent');

CREATE TABLE feed (                      -- what the activity feed told about a waiting question
    decision TEXT NOT NULL REFERENCES decisions (id),
    person   TEXT NOT NULL,              -- aadObjectId
    state    TEXT NOT NULL CHECK (state IN ('new', 'told', 'over', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at   TEXT NOT NULL,
    note     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (decision, person)
) STRICT;
CREATE INDEX feed_due ON feed (due_at) WHERE state = 'new';

-- Everybody, as rosters and Graph tell together: who is a guest for one of them is a guest, and a
-- disabled account is disabled. Whom only Graph knows has no id of Teams.
CREATE VIEW everybody AS
    SELECT aad_object_id, p.teams_id, p.name, p.email,
           max(p.guest, coalesce(e.guest, 0)) AS guest, coalesce(e.enabled, 1) AS enabled
      FROM people AS p LEFT JOIN entra_users AS e USING (aad_object_id)
    UNION ALL
    SELECT aad_object_id, '', name, iif(mail = '', upn, mail), guest, enabled
      FROM entra_users WHERE aad_object_id NOT IN (SELECT aad_object_id FROM people);
