-- Approval is a lock in the intake, not a document (features F79-F81, F-X10; security G18): party × intermediary × channel
-- × columns × purpose. RIVM-beheer asks, the privacycoördinator decides, and nothing of a delivery is read past its header
-- before that.
SET LOCAL ROLE cims_owner;

ALTER TABLE connections
    -- What the data is used for, as asked.
    ADD COLUMN purpose        text NOT NULL DEFAULT 'vaccinatieregistratie',
    -- Columns besides those of the format that may stand in its files; they are never stored.
    ADD COLUMN columns        text[] NOT NULL DEFAULT '{}',
    -- Columns that somebody asked for besides; the connection is as it was until that is decided.
    ADD COLUMN wanted         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN wanted_by      uuid REFERENCES users,
    ADD COLUMN wanted_at      timestamptz,
    -- Why it was refused, suspended, ended or opened again; as typed, sealed (associated data = id).
    ADD COLUMN reason_sealed  bytea,
    ADD CONSTRAINT connections_wanted_whole CHECK ((wanted = '{}') = (wanted_by IS NULL) AND (wanted_by IS NULL) = (wanted_at IS NULL)),
    ADD CONSTRAINT connections_wanted_of_approved CHECK (wanted = '{}' OR state = 'approved'),
    ADD CONSTRAINT connections_purpose_short CHECK (length(purpose) BETWEEN 1 AND 200);

ALTER TABLE deliveries
    -- Codes for which it was parked and let go again: they do not park it twice.
    ADD COLUMN released       text[] NOT NULL DEFAULT '{}',
    -- Columns for which it waits; their names only.
    ADD COLUMN strange        text[] NOT NULL DEFAULT '{}',
    -- Why somebody let it go or destroyed it; as typed, sealed (associated data = id).
    ADD COLUMN settled_sealed bytea,
    ADD COLUMN settled_by     uuid REFERENCES users,
    ADD COLUMN settled_at     timestamptz;
CREATE INDEX deliveries_parked ON deliveries (seq) WHERE state = 'parked';

-- The privacycoördinator sees of parked deliveries what a header tells: names of columns, sizes, dates; no file name
-- and no finding. Runs with the rights of the owner, so it asks for the role itself.
CREATE POLICY of_owner_parked ON deliveries FOR SELECT TO cims_owner USING (state = 'parked' AND cims_governs());
CREATE FUNCTION parked_deliveries()
    RETURNS TABLE (id uuid, party_id uuid, intermediary_id uuid, channel text, received_at timestamptz, file_size bigint,
                   strange text[], why text, rows_stored integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT d.id, d.party_id, d.intermediary_id, d.channel, d.received_at, d.file_size, d.strange, d.parked_reason, d.progress
          FROM deliveries d WHERE d.state = 'parked' AND cims_role() IN ('privacycoordinator', 'rivm-beheer', 'rivm-beoordelaar')
          ORDER BY d.seq $$;
REVOKE ALL ON FUNCTION parked_deliveries() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION parked_deliveries() TO cims_portal;

RESET ROLE;
