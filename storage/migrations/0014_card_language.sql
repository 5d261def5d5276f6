-- Which language a card was posted in: its edits keep to it, whatever a client is set to later.
ALTER TABLE cards ADD COLUMN locale TEXT NOT NULL DEFAULT '';
UPDATE cards SET locale = 'en' WHERE posted_at IS NOT NULL;
