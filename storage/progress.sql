-- name: begin(company, what, entity, total, now)!
INSERT INTO progress (company, what, entity, total, started_at, updated_at)
VALUES (:company, :what, :entity, :total, :now, :now)
ON CONFLICT (company, what, entity) DO UPDATE SET
    rows = 0, pages = 0, total = excluded.total, started_at = excluded.started_at,
    updated_at = excluded.updated_at, finished_at = NULL, note = '';

-- name: advance(company, what, entity, rows, pages, now)!
UPDATE progress SET rows = :rows, pages = :pages, updated_at = :now
 WHERE company = :company AND what = :what AND entity = :entity;

-- name: finish(company, what, entity, note, now)!
UPDATE progress SET finished_at = :now, updated_at = :now, note = :note
 WHERE company = :company AND what = :what AND entity = :entity;

-- name: give_up(note, now)!
-- At start: whoever was reading is no more.
UPDATE progress SET finished_at = :now, note = :note WHERE finished_at IS NULL;

-- name: all()
SELECT * FROM progress ORDER BY company, what, entity;
