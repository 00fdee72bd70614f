-- What was repaired in a row stays beside what it said before somebody mended it (security G3): every repair is visible, of
-- an earlier reading too.
SET LOCAL ROLE cims_owner;

-- Sealed under the key of the row as it stood then, as its text is.
ALTER TABLE row_history ADD COLUMN repairs_sealed bytea;

RESET ROLE;
