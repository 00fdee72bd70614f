-- A code list that changes, and a load of the BRP, put other findings in stored rows. The row as it stood is kept (security G3),
-- with what RIVM alone saw of it, so that what waited at any moment is found again.
SET LOCAL ROLE cims_owner;

ALTER TABLE row_history
    -- The change of a code list, or the load of the BRP, by which the findings became other ones: nobody decided it.
    ADD COLUMN list_change_id uuid REFERENCES list_changes,
    ADD COLUMN brp_load_id uuid REFERENCES brp_loads,
    -- Of such a row. Not for its sender: no grant.
    ADD COLUMN staff_findings jsonb NOT NULL DEFAULT '[]',
    DROP CONSTRAINT row_history_by_somebody,
    ADD CONSTRAINT row_history_by_somebody CHECK (num_nonnulls(mended_by, withdrawal_id, freed_with, list_change_id, brp_load_id) = 1) NOT VALID;

RESET ROLE;
