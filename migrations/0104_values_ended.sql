-- A kept value is ended for a reason (features F52).
SET LOCAL ROLE cims_owner;

-- Why; sealed (associated data = id). NULL of those that were ended before.
ALTER TABLE decisions ADD COLUMN ended_sealed bytea;

RESET ROLE;
