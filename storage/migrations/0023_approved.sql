-- What a person approved, word for word, for as long as it is carried out: should something else
-- take effect, what differs can be told. A settled decision keeps what differed only.
ALTER TABLE decisions ADD COLUMN approved TEXT NOT NULL DEFAULT '';
