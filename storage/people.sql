-- name: put_person(aad_object_id, teams_id, name, email, guest, now)!
INSERT INTO people (aad_object_id, teams_id, name, email, guest, seen_at)
VALUES (:aad_object_id, :teams_id, :name, :email, :guest, :now)
ON CONFLICT (aad_object_id) DO UPDATE SET
    teams_id = excluded.teams_id, name = excluded.name, email = excluded.email,
    guest = excluded.guest, seen_at = excluded.seen_at;

-- name: person(aad_object_id)^
SELECT * FROM everybody WHERE aad_object_id = :aad_object_id;

-- name: people()
SELECT * FROM everybody ORDER BY aad_object_id;

-- name: named(ids)
SELECT aad_object_id, name FROM everybody
 WHERE aad_object_id IN (SELECT value FROM json_each(:ids)) AND name <> '';

-- name: with_chat()
SELECT DISTINCT person FROM conversations WHERE kind = 'personal' AND person <> '';

-- name: asked_now(company)
-- Everybody a question of the company is put to just now.
SELECT DISTINCT approver.value AS person
  FROM decisions, json_each(decisions.approvers) AS approver
 WHERE decisions.state IN ('pending', 'claimed') AND decisions.company = :company;

-- name: put_employee(company, code, name, email, active, login, department, reports_to, delegates)!
INSERT INTO employees (company, code, name, email, active, login, department, reports_to, delegates)
VALUES (:company, :code, :name, :email, :active, :login, :department, :reports_to, :delegates)
ON CONFLICT (company, code) DO UPDATE SET
    name = excluded.name, email = excluded.email, active = excluded.active,
    login = excluded.login, department = excluded.department,
    reports_to = excluded.reports_to, delegates = excluded.delegates;

-- name: retire_others(company, codes)!
UPDATE employees SET active = 0
 WHERE company = :company AND active = 1
   AND code NOT IN (SELECT value FROM json_each(:codes));

-- name: employees(company)
SELECT * FROM employees WHERE company = :company ORDER BY code;

-- name: put_contact(company, id, name, email, active)!
INSERT INTO contacts (company, id, name, email, active)
VALUES (:company, :id, :name, :email, :active)
ON CONFLICT (company, id) DO UPDATE SET
    name = excluded.name, email = excluded.email, active = excluded.active;

-- name: contacts(company)
SELECT * FROM contacts WHERE company = :company ORDER BY id;

-- name: settled(company)
SELECT employee, person, settled_by FROM settled_matches WHERE company = :company;

-- name: settle(company, employee, person, name, now)!
INSERT INTO settled_matches (company, employee, person, settled_by, settled_at)
VALUES (:company, :employee, :person, :name, :now)
ON CONFLICT (company, employee) DO UPDATE SET
    person = excluded.person, settled_by = excluded.settled_by, settled_at = excluded.settled_at;

-- name: unsettle(company, employee)!
DELETE FROM settled_matches WHERE company = :company AND employee = :employee;
