-- A row that waited because of a delivery that is withdrawn is stored by the withdrawal (security G6): it is then as if that had not
-- come. When the delivery is put back the row waits again, as long as nobody changed or decided it since.
SET LOCAL ROLE cims_owner;

-- The withdrawal that stored it; nothing once it waits again or somebody decided.
ALTER TABLE delivery_rows ADD COLUMN freed_by uuid REFERENCES withdrawals;

ALTER TABLE row_history
    -- The withdrawal, or the undoing of one, by which it moved: nobody decided it.
    ADD COLUMN withdrawal_id uuid REFERENCES withdrawals,
    ALTER COLUMN mended_by DROP NOT NULL,
    ADD CONSTRAINT row_history_by_somebody CHECK ((mended_by IS NULL) = (withdrawal_id IS NOT NULL)),
    -- Such a row keeps its key, and may go and come back more than once.
    DROP CONSTRAINT row_history_pk,
    ADD CONSTRAINT row_history_pk PRIMARY KEY (party_id, delivery_id, row_number, row_id, mended_at);

-- That another party withdrew something is not for the sender of the row: not this column.
REVOKE SELECT ON row_history FROM cims_portal;
GRANT SELECT (party_id, delivery_id, row_number, row_id, raw_sealed, outcome, findings, mended_by, mended_at, decision_id) ON row_history TO cims_portal;

RESET ROLE;
