-- name: add(at, correlation, actor, action, company, document, detail)!
INSERT INTO audit (at, correlation, actor, action, company, document, detail)
VALUES (:at, :correlation, :actor, :action, :company, :document, :detail);

-- name: of_document(company, document)
SELECT * FROM audit WHERE company = :company AND document = :document ORDER BY seq;

-- name: newest(limit)
SELECT * FROM audit ORDER BY seq DESC LIMIT :limit;
