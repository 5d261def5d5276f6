-- What people look documents up by, kept beside every document; binding channels; long lists.
CREATE TABLE findable (
    company  TEXT NOT NULL,
    document TEXT NOT NULL,
    entity   TEXT NOT NULL,
    number   TEXT NOT NULL,  -- in lower case
    party    TEXT NOT NULL,
    words    TEXT NOT NULL,  -- number, vendor, vendor reference, orders; letters A to Z in lower case
    PRIMARY KEY (company, document)
) STRICT;
CREATE INDEX findable_party ON findable (company, party);

CREATE VIEW told_of_documents AS
SELECT company, document, entity, lower(substr(rest, instr(rest, '/') + 1)) AS number,
       coalesce(party, '') AS party,
       lower(substr(rest, instr(rest, '/') + 1) || ' ' || coalesce(party, '') || ' '
             || coalesce(party_name, '') || ' ' || coalesce(reference, '') || ' '
             || coalesce(orders, '')) AS words
  FROM (SELECT company, document, substr(document, 1, instr(document, '/') - 1) AS entity,
               substr(document, instr(document, '/') + 1) AS rest,
               coalesce(json_extract(snapshot, '$.fields.Vendor'),
                        json_extract(snapshot, '$.fields.VendorID'),
                        json_extract(snapshot, '$.fields.CustomerID')) AS party,
               json_extract(snapshot, '$.around.party_name') AS party_name,
               json_extract(snapshot, '$.fields.VendorRef') AS reference,
               (SELECT group_concat(DISTINCT json_extract(line.value, '$.POOrderNbr'))
                  FROM json_each(snapshot, '$.lines') AS line) AS orders
          FROM documents);

INSERT INTO findable SELECT * FROM told_of_documents;

CREATE TRIGGER document_kept AFTER INSERT ON documents BEGIN
    INSERT INTO findable SELECT * FROM told_of_documents
     WHERE company = NEW.company AND document = NEW.document;
END;
-- Not by REPLACE: inside a trigger the conflict rule of the statement outside counts.
CREATE TRIGGER document_kept_anew AFTER UPDATE OF snapshot ON documents BEGIN
    DELETE FROM findable WHERE company = NEW.company AND document = NEW.document;
    INSERT INTO findable SELECT * FROM told_of_documents
     WHERE company = NEW.company AND document = NEW.document;
END;
CREATE TRIGGER document_dropped AFTER DELETE ON documents BEGIN
    DELETE FROM findable WHERE company = OLD.company AND document = OLD.document;
END;

-- How people know the channel a name is bound to: team and channel, as Teams told them then.
ALTER TABLE channels ADD COLUMN shown_as TEXT NOT NULL DEFAULT '';

CREATE TABLE listings (                  -- the list somebody asked for last, for `more`
    conversation TEXT NOT NULL,
    person       TEXT NOT NULL,
    word         TEXT NOT NULL,
    page         INTEGER NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (conversation, person)
) STRICT;
