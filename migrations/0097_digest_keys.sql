-- Which key made the digest of a row, as `deliveries` and `brp_loads` say it of theirs (security G17). Empty in what was
-- stored before: there was one key.
SET LOCAL ROLE cims_owner;

ALTER TABLE reports ADD COLUMN digest_key text;
ALTER TABLE delivery_rows ADD COLUMN digest_key text;

RESET ROLE;
