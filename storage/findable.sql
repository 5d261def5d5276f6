-- name: found(companies, narrow, person, entities, parts, start, first, count)
-- Everything typed must stand somewhere in the words; numbers that begin so come first.
SELECT d.* FROM findable AS f JOIN documents AS d USING (company, document)
 WHERE d.gone = 0
   AND f.company IN (SELECT value FROM json_each(:companies))
   AND f.entity IN (SELECT value FROM json_each(:entities))
   AND NOT EXISTS (SELECT 1 FROM json_each(:parts) AS part
                    WHERE instr(f.words, json_extract(part.value, '$[0]')) = 0
                      AND instr(f.words, json_extract(part.value, '$[1]')) = 0)
   AND (f.company NOT IN (SELECT value FROM json_each(:narrow))
        OR EXISTS (SELECT 1 FROM decisions AS q
                    WHERE q.company = f.company AND q.document = f.document
                      AND :person IN (SELECT value FROM json_each(q.approvers))))
 ORDER BY :start <> '' AND (substr(f.number, 1, length(:start)) = :start
                            OR substr(ltrim(f.number, '0'), 1, length(:start)) = :start) DESC,
          EXISTS (SELECT 1 FROM decisions AS q WHERE q.company = f.company
                   AND q.document = f.document AND q.state = 'pending') DESC,
          d.last_modified DESC, d.document
 LIMIT :count OFFSET :first;

-- name: waiting(companies, narrow, person, entities, statuses, targets, first, count)
-- The longest in their status first. No targets: wherever their cards stand.
SELECT d.* FROM findable AS f JOIN documents AS d USING (company, document)
 WHERE d.gone = 0 AND d.status IN (SELECT value FROM json_each(:statuses))
   AND f.company IN (SELECT value FROM json_each(:companies))
   AND f.entity IN (SELECT value FROM json_each(:entities))
   AND (f.company NOT IN (SELECT value FROM json_each(:narrow))
        OR EXISTS (SELECT 1 FROM decisions AS q
                    WHERE q.company = f.company AND q.document = f.document
                      AND :person IN (SELECT value FROM json_each(q.approvers))))
   AND (:targets = '[]'
        OR EXISTS (SELECT 1 FROM cards AS c
                    WHERE c.company = f.company AND c.document = f.document AND c.replaced = 0
                      AND c.company || ' ' || c.target || iif(c.stands_in = '', '', ' standing in')
                          IN (SELECT value FROM json_each(:targets))))
 ORDER BY d.status_since, d.company, d.document
 LIMIT :count OFFSET :first;

-- name: count_waiting(companies, narrow, person, entities, statuses, targets)$
SELECT count(*) FROM findable AS f JOIN documents AS d USING (company, document)
 WHERE d.gone = 0 AND d.status IN (SELECT value FROM json_each(:statuses))
   AND f.company IN (SELECT value FROM json_each(:companies))
   AND f.entity IN (SELECT value FROM json_each(:entities))
   AND (f.company NOT IN (SELECT value FROM json_each(:narrow))
        OR EXISTS (SELECT 1 FROM decisions AS q
                    WHERE q.company = f.company AND q.document = f.document
                      AND :person IN (SELECT value FROM json_each(q.approvers))))
   AND (:targets = '[]'
        OR EXISTS (SELECT 1 FROM cards AS c
                    WHERE c.company = f.company AND c.document = f.document AND c.replaced = 0
                      AND c.company || ' ' || c.target || iif(c.stands_in = '', '', ' standing in')
                          IN (SELECT value FROM json_each(:targets))));

-- name: of_party(company, party, over)
SELECT d.* FROM findable AS f JOIN documents AS d USING (company, document)
 WHERE f.company = :company AND f.party = :party AND d.gone = 0
   AND d.status NOT IN (SELECT value FROM json_each(:over))
 ORDER BY d.status_since, d.document LIMIT 200;

-- name: vendors(companies, name, other)
-- The exact number first, then names that hold what was typed.
SELECT * FROM parties
 WHERE entity = 'Vendor' AND company IN (SELECT value FROM json_each(:companies))
   AND (lower(code) = :name OR instr(lower(name), :name) OR instr(lower(name), :other))
 ORDER BY lower(code) = :name DESC, name, code, company LIMIT 6;

-- name: put_listing(conversation, person, word, page, now)!
INSERT INTO listings (conversation, person, word, page, at)
VALUES (:conversation, :person, :word, :page, :now)
ON CONFLICT (conversation, person) DO UPDATE SET
    word = excluded.word, page = excluded.page, at = excluded.at;

-- name: listing(conversation, person)^
SELECT word, page FROM listings WHERE conversation = :conversation AND person = :person;
