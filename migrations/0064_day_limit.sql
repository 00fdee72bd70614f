-- An upload ends when its party put down all the bytes that it may in a day, also in the middle (security §5.2).
SET LOCAL ROLE cims_owner;

ALTER TABLE sftp_uploads
    DROP CONSTRAINT sftp_uploads_why_known,
    ADD CONSTRAINT sftp_uploads_why_known CHECK (why IN ('broken-off', 'replaced', 'removed', 'too-large', 'out-of-order', 'disk', 'no-proof', 'control-file', 'refused', 'day-limit'));

RESET ROLE;
