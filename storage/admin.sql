-- name: make_link(mark, name, role, ends_at)!
INSERT INTO admin_links (mark, name, role, ends_at) VALUES (:mark, :name, :role, :ends_at);

-- name: use_link(mark, now)^
-- Of two who use it at once, one does.
DELETE FROM admin_links WHERE mark = :mark AND ends_at > :now RETURNING name, role;

-- name: begin(mark, person, name, role, now, ends_at)!
INSERT INTO admin_sessions (mark, person, name, role, begun_at, seen_at, ends_at)
VALUES (:mark, :person, :name, :role, :now, :now, :ends_at);

-- name: session(mark, now, idle)^
SELECT * FROM admin_sessions WHERE mark = :mark AND ends_at > :now AND seen_at > :idle;

-- name: seen(mark, now)!
UPDATE admin_sessions SET seen_at = :now WHERE mark = :mark;

-- name: end(mark)!
DELETE FROM admin_sessions WHERE mark = :mark;

-- name: drop_sessions(now, idle)!
DELETE FROM admin_sessions WHERE ends_at <= :now OR seen_at <= :idle;

-- name: drop_links(now)!
DELETE FROM admin_links WHERE ends_at <= :now;
