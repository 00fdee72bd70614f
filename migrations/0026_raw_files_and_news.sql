-- When a raw file went, and what somebody who delivered has not seen yet.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries
    ADD COLUMN blob_gone_at timestamptz,
    -- The person who delivered opened the page after the end.
    ADD COLUMN looked_at timestamptz;
CREATE INDEX deliveries_with_file ON deliveries (received_at) WHERE blob_id IS NOT NULL;
CREATE INDEX deliveries_unseen ON deliveries (party_id, received_by, finished_at) WHERE looked_at IS NULL AND state = 'done';

RESET ROLE;
