-- Secrets that come into being at run time (refresh tokens); sealed before they get here.

CREATE TABLE vault (
    company    TEXT NOT NULL,
    name       TEXT NOT NULL,
    sealed     BLOB NOT NULL,      -- company and name stand inside too, so that no row can pose as another
    changed_at TEXT NOT NULL,
    PRIMARY KEY (company, name)
) STRICT;
