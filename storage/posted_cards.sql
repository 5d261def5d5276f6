-- name: add(company, document, target)!
INSERT INTO cards (company, document, target) VALUES (:company, :document, :target)
ON CONFLICT (company, document, target) DO NOTHING;

-- name: of_document(company, document)
SELECT * FROM cards WHERE company = :company AND document = :document ORDER BY target;

-- name: get(company, document, target)^
SELECT * FROM cards WHERE company = :company AND document = :document AND target = :target;

-- name: mark_replaced(company, document, target, replaced)!
UPDATE cards SET replaced = :replaced
 WHERE company = :company AND document = :document AND target = :target;

-- name: posted(company, document, target, conversation, activity, service_url, shown, now)!
UPDATE cards SET conversation = :conversation, activity = :activity, service_url = :service_url,
       shown = :shown, posted_at = coalesce(posted_at, :now)
 WHERE company = :company AND document = :document AND target = :target;

-- name: shown(company, document, target, shown)!
UPDATE cards SET shown = :shown
 WHERE company = :company AND document = :document AND target = :target;
