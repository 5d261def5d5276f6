-- What a step of ours did to the document's last edit, so that it is neither taken for an edit of the
-- presser nor hides who had changed the document before it.
ALTER TABLE steps ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';  -- last editor right before the call
ALTER TABLE steps ADD COLUMN left_at   TEXT;                      -- the ERP's stamp right after it
