-- Why RIVM-beheer ended an access to the drop box on its page, as typed. Nothing of one that ended by the command, or with its party.
SET LOCAL ROLE cims_owner;

ALTER TABLE sftp_accounts
    -- Sealed (associated data = id).
    ADD COLUMN end_reason_sealed bytea,
    ADD CONSTRAINT sftp_accounts_reason_of_end CHECK (end_reason_sealed IS NULL OR ended_at IS NOT NULL);

RESET ROLE;
