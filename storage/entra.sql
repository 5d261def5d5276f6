-- name: put_user(aad_object_id, name, mail, upn, enabled, guest, now)!
INSERT INTO entra_users (aad_object_id, name, mail, upn, enabled, guest, read_at)
VALUES (:aad_object_id, :name, :mail, :upn, :enabled, :guest, :now)
ON CONFLICT (aad_object_id) DO UPDATE SET
    name = excluded.name, mail = excluded.mail, upn = excluded.upn, enabled = excluded.enabled,
    guest = excluded.guest, read_at = excluded.read_at;

-- name: users()
SELECT * FROM entra_users ORDER BY aad_object_id;

-- name: put_lookup(address, found, now)!
INSERT INTO lookups (address, found, asked_at) VALUES (:address, :found, :now)
ON CONFLICT (address) DO UPDATE SET found = excluded.found, asked_at = excluded.asked_at;

-- name: drop_lookup(address)!
DELETE FROM lookups WHERE address = :address;

-- name: keep_lookups(addresses)!
DELETE FROM lookups WHERE address NOT IN (SELECT value FROM json_each(:addresses));

-- name: keep_users()!
-- Nobody is remembered to whom no address of ours leads any more.
DELETE FROM entra_users WHERE aad_object_id NOT IN
    (SELECT json_extract(pair.value, '$[0]') FROM lookups, json_each(lookups.found) AS pair);

-- name: lookups()
SELECT * FROM lookups ORDER BY address;

-- name: tell(name, told, now)!
INSERT INTO directory (name, told, at) VALUES (:name, :told, :now)
ON CONFLICT (name) DO UPDATE SET told = excluded.told, at = excluded.at;

-- name: told()
SELECT * FROM directory ORDER BY name;
