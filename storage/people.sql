-- name: put_person(aad_object_id, teams_id, name, email, guest, now)!
INSERT INTO people (aad_object_id, teams_id, name, email, guest, seen_at)
VALUES (:aad_object_id, :teams_id, :name, :email, :guest, :now)
ON CONFLICT (aad_object_id) DO UPDATE SET
    teams_id = excluded.teams_id, name = excluded.name, email = excluded.email,
    guest = excluded.guest, seen_at = excluded.seen_at;

-- name: person(aad_object_id)^
SELECT * FROM people WHERE aad_object_id = :aad_object_id;

-- name: people()
SELECT * FROM people ORDER BY aad_object_id;

-- name: put_employee(company, code, name, email, active)!
INSERT INTO employees (company, code, name, email, active)
VALUES (:company, :code, :name, :email, :active)
ON CONFLICT (company, code) DO UPDATE SET
    name = excluded.name, email = excluded.email, active = excluded.active;

-- name: employees(company)
SELECT * FROM employees WHERE company = :company ORDER BY code;
