-- name: add(company, document, source, person, name, text, via, now)!
-- The same message, told twice, is one comment.
INSERT INTO comments (company, document, source, person, name, text, via, said_at)
VALUES (:company, :document, :source, :person, :name, :text, :via, :now)
ON CONFLICT (source) DO NOTHING;

-- name: of_document(company, document)
SELECT * FROM comments WHERE company = :company AND document = :document ORDER BY id;
