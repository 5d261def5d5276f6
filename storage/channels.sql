-- name: bind(name, conversation, shown_as, bound_by, now)!
INSERT INTO channels (name, conversation, shown_as, bound_by, bound_at)
VALUES (:name, :conversation, :shown_as, :bound_by, :now)
ON CONFLICT (name) DO UPDATE SET
    conversation = excluded.conversation, shown_as = excluded.shown_as,
    bound_by = excluded.bound_by, bound_at = excluded.bound_at;

-- name: unbind(name)!
DELETE FROM channels WHERE name = :name;

-- name: get(name)^
SELECT name, conversation, shown_as, bound_by FROM channels WHERE name = :name;

-- name: at(conversation)
SELECT name, conversation, shown_as, bound_by FROM channels
 WHERE conversation = :conversation ORDER BY name;

-- name: of_team(team)
SELECT name FROM channels JOIN conversations USING (conversation)
 WHERE team = :team ORDER BY name;
