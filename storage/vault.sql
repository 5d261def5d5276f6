-- name: put(company, name, sealed, now)!
INSERT INTO vault (company, name, sealed, changed_at) VALUES (:company, :name, :sealed, :now)
ON CONFLICT (company, name) DO UPDATE SET
    sealed = excluded.sealed, changed_at = excluded.changed_at;

-- name: sealed(company, name)$
SELECT sealed FROM vault WHERE company = :company AND name = :name;

-- name: drop(company, name)!
DELETE FROM vault WHERE company = :company AND name = :name;

-- name: names(company)
SELECT name FROM vault WHERE company = :company ORDER BY name;

-- name: rows()
SELECT company, name, sealed, changed_at FROM vault ORDER BY company, name;

-- name: reseal(company, name, was, sealed)!
-- Only what still is what was read: a newer secret must not be overwritten by an older one.
UPDATE vault SET sealed = :sealed WHERE company = :company AND name = :name AND sealed = :was;
