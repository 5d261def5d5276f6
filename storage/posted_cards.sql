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

-- name: aim(company, document, target, conversation, service_url)!
-- Where the card is about to stand: its first refresh may come before the answer to its post.
UPDATE cards SET conversation = :conversation, service_url = :service_url
 WHERE company = :company AND document = :document AND target = :target AND activity = '';

-- name: posted(company, document, target, conversation, activity, service_url, shown, now)!
UPDATE cards SET conversation = :conversation, activity = :activity, service_url = :service_url,
       shown = :shown, posted_at = coalesce(posted_at, :now)
 WHERE company = :company AND document = :document AND target = :target;

-- name: shown(company, document, target, shown)!
UPDATE cards SET shown = :shown
 WHERE company = :company AND document = :document AND target = :target;
