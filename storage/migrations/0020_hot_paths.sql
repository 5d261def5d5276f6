-- What a press, a look or a round of sending asks for stays quick with 100,000 rows in line.

DROP INDEX hints_lane;
CREATE INDEX hints_lane ON hints (company, lane, due_at, document) WHERE state = 'pending';
DROP INDEX hints_due;
CREATE INDEX hints_due ON hints (company, due_at, document) WHERE state = 'pending';

-- Posts without an answer are few; a press asks whether its card is one of them.
CREATE INDEX outbox_unheard ON outbox (company, document, target)
    WHERE kind = 'post' AND unknowns > 0;
CREATE INDEX outbox_unsent ON outbox (target, kind)
    WHERE state IN ('pending', 'in_flight', 'retrying', 'waiting');

CREATE INDEX inbox_done ON inbox (received_at) WHERE state = 'done';
