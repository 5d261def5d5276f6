-- People who let Countersign act in Acumatica as them. Secrets of these rows lie in the vault.

CREATE TABLE consents (                  -- on the way: a link was sent, perhaps a sign-in came back
    state      TEXT PRIMARY KEY,         -- hash of the state in the link; the link alone has the state
    company    TEXT NOT NULL,
    person     TEXT NOT NULL,            -- aadObjectId of who was sent the link
    begun_at   TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    login      TEXT NOT NULL DEFAULT '', -- who signed in to Acumatica; empty until somebody did
    code       TEXT NOT NULL DEFAULT '', -- hash of the number shown in that browser
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX consents_person ON consents (company, person);

CREATE TABLE grants (                    -- settled: the person confirmed the sign-in from their chat
    company      TEXT NOT NULL,
    person       TEXT NOT NULL,
    login        TEXT NOT NULL,
    issuer       TEXT NOT NULL,          -- whose sign-in it was: instance and application
    secret       TEXT NOT NULL,          -- row of the vault; each consent has its own
    connected_at TEXT NOT NULL,
    PRIMARY KEY (company, person)
) STRICT;
