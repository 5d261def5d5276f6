-- name: add(company, document, source, person, name, text, via, now, guest)!
-- The same message, told twice, is one comment.
INSERT INTO comments (company, document, source, person, name, text, via, said_at, guest)
VALUES (:company, :document, :source, :person, :name, :text, :via, :now, :guest)
ON CONFLICT (source) DO NOTHING;

-- name: of_document(company, document)
SELECT * FROM comments WHERE company = :company AND document = :document ORDER BY id;

-- name: newest(company, document, via, most)
-- For a card: what somebody took back in Teams is not said again there.
SELECT * FROM (SELECT * FROM comments WHERE company = :company AND document = :document
                  AND via IN (SELECT value FROM json_each(:via)) AND changed <> 'deleted'
                ORDER BY id DESC LIMIT :most) ORDER BY id;

-- name: count_since(company, document, person, via, since)$
SELECT count(*) FROM comments
 WHERE company = :company AND document = :document AND person = :person AND via = :via
   AND said_at >= :since;

-- name: ask(token, company, document, asker, asker_name, asked, asked_name, text, thread, service_url, now)!
INSERT INTO questions (token, company, document, asker, asker_name, asked, asked_name, text,
                       thread, service_url, asked_at)
VALUES (:token, :company, :document, :asker, :asker_name, :asked, :asked_name, :text,
        :thread, :service_url, :now);

-- name: question(token)^
SELECT * FROM questions WHERE token = :token;

-- name: mark(source, changed, text)!
-- A message that was edited before it was read is kept as it was then.
UPDATE comments SET changed = :changed
 WHERE source = :source AND changed <> :changed AND (:changed <> 'edited' OR text <> :text);
