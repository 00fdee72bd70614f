-- The own file back (features F23): a row of it that is delivered again names the refused row it takes the place of.
SET LOCAL ROLE cims_owner;

ALTER TABLE delivery_rows ADD COLUMN replaces uuid;
GRANT SELECT (replaces) ON delivery_rows TO cims_portal;

RESET ROLE;
