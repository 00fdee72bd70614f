-- A party as a whole is suspended, opened again or ended, whatever connections it has, also those it runs for others
-- (features F81; security F26). How much a party put down lately, to hold against a limit (security §5.2). And the receipt
-- of a file that was tried on the page of the test lane.
SET LOCAL ROLE cims_owner;

CREATE TABLE party_steps (
    id            uuid PRIMARY KEY,
    party_id      uuid NOT NULL REFERENCES parties,
    step          text NOT NULL,
    by            uuid NOT NULL REFERENCES users,
    at            timestamptz NOT NULL DEFAULT now(),
    -- Why; as typed, sealed (associated data = party_id).
    reason_sealed bytea NOT NULL,
    CONSTRAINT party_steps_known CHECK (step IN ('suspend', 'reopen', 'end'))
);
CREATE INDEX party_steps_of ON party_steps (party_id, at);
ALTER TABLE party_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE party_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY of_staff ON party_steps FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON party_steps TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON party_steps TO cims_portal;
GRANT SELECT, INSERT ON party_steps TO cims_worker;
GRANT UPDATE (reason_sealed) ON party_steps TO cims_worker;

-- SHA-256 of a file of the test lane, for its receipt on the page; sealed (associated data = id).
ALTER TABLE deliveries
    ADD COLUMN sha256_sealed bytea,
    ADD CONSTRAINT deliveries_sha256_of_tests CHECK (sha256_sealed IS NULL OR test_lane);

-- A worker tells the metrics what did not come.
GRANT EXECUTE ON FUNCTION installation_figures(timestamptz) TO cims_worker;

CREATE INDEX sftp_uploads_of_party ON sftp_uploads (party_id, opened_at);

RESET ROLE;
