-- name: put(conversation, kind, service_url, person, team, locale, now)!
-- The service URL may change: the last activity is right.
INSERT INTO conversations (conversation, kind, service_url, person, team, locale, seen_at)
VALUES (:conversation, :kind, :service_url, :person, :team, :locale, :now)
ON CONFLICT (conversation) DO UPDATE SET
    service_url = excluded.service_url, kind = excluded.kind, seen_at = excluded.seen_at,
    person = CASE WHEN excluded.person = '' THEN person ELSE excluded.person END,
    team = CASE WHEN excluded.team = '' THEN team ELSE excluded.team END,
    locale = CASE WHEN excluded.locale = '' THEN locale ELSE excluded.locale END;

-- name: get(conversation)^
SELECT * FROM conversations WHERE conversation = :conversation;

-- name: drop(conversation)!
DELETE FROM conversations WHERE conversation = :conversation;

-- name: names_of(conversation)
SELECT name FROM channels WHERE conversation = :conversation ORDER BY name;

-- name: chat_with(person)^
SELECT * FROM conversations WHERE kind = 'personal' AND person = :person
 ORDER BY seen_at DESC LIMIT 1;

-- name: bind(name, conversation, bound_by, now)!
INSERT INTO channels (name, conversation, bound_by, bound_at)
VALUES (:name, :conversation, :bound_by, :now)
ON CONFLICT (name) DO UPDATE SET
    conversation = excluded.conversation, bound_by = excluded.bound_by,
    bound_at = excluded.bound_at;

-- name: bound(name)$
SELECT conversation FROM channels WHERE name = :name;

-- name: channels()
SELECT name, conversation FROM channels ORDER BY name;
