-- name: begin(state, company, person, now, expires_at)!
INSERT INTO consents (state, company, person, begun_at, expires_at)
VALUES (:state, :company, :person, :now, :expires_at);

-- name: of_person(company, person)
SELECT * FROM consents WHERE company = :company AND person = :person ORDER BY begun_at;

-- name: by_state(state)^
SELECT * FROM consents WHERE state = :state;

-- name: signed_in(state, login, code, expires_at)!
-- Once: a link leads to one sign-in, whoever opens it.
UPDATE consents SET login = :login, code = :code, expires_at = :expires_at
 WHERE state = :state AND code = '';

-- name: tried(state)!
UPDATE consents SET tries = tries + 1 WHERE state = :state;

-- name: drop(state)!
DELETE FROM consents WHERE state = :state;

-- name: expired(now)
SELECT * FROM consents WHERE expires_at < :now;

-- name: connect(company, person, login, issuer, secret, now)!
INSERT INTO grants (company, person, login, issuer, secret, connected_at)
VALUES (:company, :person, :login, :issuer, :secret, :now)
ON CONFLICT (company, person) DO UPDATE SET
    login = excluded.login, issuer = excluded.issuer, secret = excluded.secret,
    connected_at = excluded.connected_at;

-- name: grant(company, person)^
SELECT * FROM grants WHERE company = :company AND person = :person;

-- name: grants(company)
SELECT * FROM grants WHERE company = :company ORDER BY person;

-- name: disconnect(company, person)!
DELETE FROM grants WHERE company = :company AND person = :person;
