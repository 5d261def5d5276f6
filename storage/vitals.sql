-- name: last_pushes(company)
-- Of the newest so many: which inquiries they were of, when the last one came, how it stands.
WITH newest AS (SELECT id, received_at, state, reason, CAST(body AS TEXT) AS told FROM inbox
                 WHERE company = :company ORDER BY id DESC LIMIT 200)
SELECT CASE WHEN json_valid(told) THEN coalesce(told ->> 'Query', '') ELSE '' END AS query,
       max(id) AS id, received_at, state, reason
  FROM newest GROUP BY query ORDER BY id;

-- name: newest_push(company)$
SELECT max(id) FROM inbox WHERE company = :company;

-- name: heard()$
SELECT max(seen_at) FROM conversations;

-- name: last_card(target)$
SELECT max(posted_at) FROM cards WHERE target = :target;

-- name: signs(company)^
SELECT (SELECT received_at FROM inbox WHERE company = :company ORDER BY id DESC LIMIT 1) AS push,
       (SELECT max(read_at) FROM documents WHERE company = :company) AS look,
       (SELECT max(posted_at) FROM cards WHERE company = :company) AS post;
