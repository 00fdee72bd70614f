-- A row that waited because of one registration is stored when that alone ends: corrected or withdrawn by its sender, by a row with C
-- or V, by RIVM on request, or because RIVM said that its row does not count.
SET LOCAL ROLE cims_owner;

ALTER TABLE delivery_rows
    -- The delivery of that registration or of the row that ended it; nothing once the row waits again or somebody decided.
    ADD COLUMN freed_with uuid REFERENCES deliveries,
    ADD CONSTRAINT delivery_rows_freed_once CHECK (freed_by IS NULL OR freed_with IS NULL) NOT VALID;

ALTER TABLE row_history
    -- That delivery: nobody decided about the row. Not for its sender, as with a withdrawal.
    ADD COLUMN freed_with uuid REFERENCES deliveries,
    DROP CONSTRAINT row_history_by_somebody,
    ADD CONSTRAINT row_history_by_somebody CHECK (num_nonnulls(mended_by, withdrawal_id, freed_with) = 1) NOT VALID;

RESET ROLE;
