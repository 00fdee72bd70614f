-- Why a ruling was undone (features F51: a decision says why, and so does what turns it back).
SET LOCAL ROLE cims_owner;
ALTER TABLE rulings ADD COLUMN undone_sealed bytea;
-- Those that were undone before were not asked why.
ALTER TABLE rulings ADD CONSTRAINT rulings_undone_why CHECK (undone_sealed IS NULL OR undone_at IS NOT NULL);
RESET ROLE;
