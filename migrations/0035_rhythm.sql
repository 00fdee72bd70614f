-- How often an installation is expected to deliver (features F61): each working day, or whenever it has something.
SET LOCAL ROLE cims_owner;

ALTER TABLE sftp_accounts
    ADD COLUMN rhythm text NOT NULL DEFAULT 'workday',
    ADD CONSTRAINT sftp_accounts_rhythm_known CHECK (rhythm IN ('workday', 'any'));
GRANT SELECT (rhythm) ON sftp_accounts TO cims_portal;
CREATE INDEX sftp_uploads_void ON sftp_uploads (account_id, gone_at) WHERE state = 'void';

RESET ROLE;
