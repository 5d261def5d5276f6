-- Above a threshold two different people must agree (invariant I4): what the first of them pressed.
-- The question stays open, for those who may be the second.
ALTER TABLE decisions ADD COLUMN two         INTEGER NOT NULL DEFAULT 0;  -- two people must agree
ALTER TABLE decisions ADD COLUMN agreed      TEXT NOT NULL DEFAULT '';    -- aadObjectId of the first
ALTER TABLE decisions ADD COLUMN agreed_name TEXT NOT NULL DEFAULT '';
ALTER TABLE decisions ADD COLUMN agreed_verb TEXT NOT NULL DEFAULT '';
ALTER TABLE decisions ADD COLUMN agreed_at   TEXT;
