-- How many approvals of the presser the document's list showed right before the call: one more
-- afterwards proves the step, although the document may still wait for others. -1: never sent.
ALTER TABLE steps ADD COLUMN approved_before INTEGER NOT NULL DEFAULT -1;
