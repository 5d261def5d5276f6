-- name: add(company, document, target)!
-- In a person's own chat the card speaks the language their client had when it was made.
INSERT INTO cards (company, document, target, locale)
VALUES (:company, :document, :target, coalesce((
    SELECT locale FROM conversations
     WHERE kind = 'personal' AND person = substr(:target, 8) AND :target LIKE 'person:%'
     ORDER BY seen_at DESC LIMIT 1), ''))
ON CONFLICT (company, document, target) DO NOTHING;

-- name: of_document(company, document)
-- A card that stands in for another target speaks for the document as long as that one would.
SELECT card.*, card.replaced AND NOT EXISTS (
           SELECT 1 FROM cards AS meant
            WHERE meant.company = card.company AND meant.document = card.document
              AND meant.target = card.stands_in AND meant.replaced = 0) AS is_replaced
  FROM cards AS card
 WHERE company = :company AND document = :document ORDER BY target;

-- name: mark_replaced(company, document, target, replaced)!
UPDATE cards SET replaced = :replaced
 WHERE company = :company AND document = :document AND target = :target;

-- name: stand_in(company, document, target, stands_in)!
-- By itself nobody is asked there: it counts as replaced once it stands in for nobody.
INSERT INTO cards (company, document, target, stands_in, replaced)
VALUES (:company, :document, :target, :stands_in, 1)
ON CONFLICT (company, document, target) DO UPDATE SET stands_in = excluded.stands_in;

-- name: relieve(company, document, target)!
-- It is remembered that it stood in: it goes on telling as little as it did then.
UPDATE cards SET stands_in = 'relieved'
 WHERE company = :company AND document = :document AND stands_in = :target;

-- name: stood_in_for(target)
-- The cards that stand at a target while others stand in for them.
SELECT meant.*, meant.replaced AS is_replaced FROM cards AS meant
 WHERE meant.target = :target AND meant.activity <> ''
   AND EXISTS (SELECT 1 FROM cards AS other
                WHERE other.company = meant.company AND other.document = meant.document
                  AND other.stands_in = :target)
 ORDER BY company, document;

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
