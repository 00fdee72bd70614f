-- The test lane (features F-X7): until its connection is approved an installation delivers to `test/`. Same rules, same
-- answers, nothing in the register, only test BSNs; what its newest file came to is what an approval looks at.
SET LOCAL ROLE cims_owner;

ALTER TABLE sftp_uploads ADD COLUMN test_lane boolean NOT NULL DEFAULT false;
DROP INDEX sftp_uploads_name;
CREATE UNIQUE INDEX sftp_uploads_name ON sftp_uploads (account_id, test_lane, name) WHERE state IN ('open', 'closed');

-- A test is no double of what counts, nor the other way round.
DROP INDEX deliveries_same_content;
CREATE UNIQUE INDEX deliveries_same_content ON deliveries (party_id, digest_key, file_digest)
    WHERE file_digest IS NOT NULL AND NOT test_lane AND state NOT IN ('withdrawn', 'discarded')
      AND (outcome IS NULL OR outcome NOT IN ('GEWEIGERD', 'DUBBEL'));

CREATE TABLE trials (
    delivery_id     uuid PRIMARY KEY REFERENCES deliveries,
    party_id        uuid NOT NULL REFERENCES parties,
    -- Who runs the installation; nobody when the file came by the page of the test lane.
    intermediary_id uuid REFERENCES parties,
    channel         text NOT NULL,
    finished_at     timestamptz NOT NULL DEFAULT now(),
    outcome         text NOT NULL,
    rows            integer NOT NULL,
    refused         integer NOT NULL,
    -- Rows of each kind that were not refused.
    corrections     integer NOT NULL,
    withdrawals     integer NOT NULL,
    without_consent integer NOT NULL,
    -- Rows by rule code; no value of a row.
    codes           jsonb NOT NULL,
    conforms        boolean NOT NULL,
    CONSTRAINT trials_add_up CHECK (refused <= rows AND rows >= 0)
);
CREATE INDEX trials_of_connection ON trials (party_id, channel, finished_at DESC);
ALTER TABLE trials ENABLE ROW LEVEL SECURITY;
ALTER TABLE trials FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON trials FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON trials FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON trials TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON trials TO cims_portal;
GRANT SELECT, INSERT ON trials TO cims_worker;

RESET ROLE;
