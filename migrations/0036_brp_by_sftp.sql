-- Sets of the BRP come in by the drop box too: such an account brings no rows of a party.
SET LOCAL ROLE cims_owner;

ALTER TABLE sftp_accounts
    ADD COLUMN purpose text NOT NULL DEFAULT 'rows',
    ADD CONSTRAINT sftp_accounts_purpose_known CHECK (purpose IN ('rows', 'brp'));
GRANT SELECT (purpose) ON sftp_accounts TO cims_portal;

ALTER TABLE sftp_uploads
    DROP CONSTRAINT sftp_uploads_why_known,
    ADD CONSTRAINT sftp_uploads_why_known CHECK (why IN ('broken-off', 'replaced', 'removed', 'too-large', 'out-of-order', 'disk', 'no-proof', 'control-file', 'refused'));

RESET ROLE;
