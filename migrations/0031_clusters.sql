-- One decision for many rows (features F52): rows that wait are grouped by party, column, code and value, and what RIVM
-- decides about such a cluster is kept, with who asked and who agreed (security G18).
SET LOCAL ROLE cims_owner;

ALTER TABLE delivery_rows
    -- What makes a refused or doubtful row wait: its first finding. Staff alone may know it, as with `staff_findings`.
    ADD COLUMN cluster_code   text,
    ADD COLUMN cluster_column text NOT NULL DEFAULT '',
    -- Keyed hash of the value, with the key it was made with ("mac-1:9f…"); empty in columns that name a person.
    ADD COLUMN cluster_value  text NOT NULL DEFAULT '',
    -- Sent back: the sender mends it, and RIVM's queue leaves it out.
    ADD COLUMN returned_at    timestamptz,
    ADD COLUMN returned_by    uuid;
-- What waits is in a cluster; rows of before are not looked at.
ALTER TABLE delivery_rows ADD CONSTRAINT delivery_rows_open_has_cluster
    CHECK (state <> 'open' OR cluster_code IS NOT NULL) NOT VALID;
CREATE INDEX delivery_rows_clusters ON delivery_rows (party_id, cluster_code, cluster_column, cluster_value)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;
CREATE INDEX delivery_rows_returned ON delivery_rows (returned_by) WHERE state = 'open' AND returned_by IS NOT NULL;
GRANT SELECT (returned_at, returned_by) ON delivery_rows TO cims_portal;

CREATE TABLE decisions (
    id             uuid PRIMARY KEY,
    party_id       uuid NOT NULL REFERENCES parties,
    kind           text NOT NULL,
    -- The cluster.
    cluster_code   text NOT NULL,
    cluster_column text NOT NULL,
    cluster_value  text NOT NULL,
    -- What stands there, and what is to stand there; sealed (associated data = id).
    old_sealed     bytea,
    new_sealed     bytea,
    -- Why; to the sender when rows go back. Sealed (associated data = id).
    reason_sealed  bytea NOT NULL,
    four_eyes      boolean NOT NULL,
    state          text NOT NULL DEFAULT 'draft',
    -- Rows of the cluster when somebody last decided, and what became of them.
    rows           integer NOT NULL,
    done_rows      integer NOT NULL DEFAULT 0,
    still_refused  integer NOT NULL DEFAULT 0,
    asked_by       uuid NOT NULL REFERENCES users,
    asked_at       timestamptz NOT NULL,
    decided_by     uuid REFERENCES users,
    decided_at     timestamptz,
    finished_at    timestamptz,
    -- From here on a kept name is no longer used.
    ended_by       uuid REFERENCES users,
    ended_at       timestamptz,
    CONSTRAINT decisions_kind_known CHECK (kind IN ('map', 'return', 'reject', 'accept')),
    CONSTRAINT decisions_state_known CHECK (state IN ('draft', 'asked', 'rejected', 'called_back', 'running', 'done')),
    CONSTRAINT decisions_map_has_values CHECK ((kind = 'map') = (new_sealed IS NOT NULL)),
    CONSTRAINT decisions_decided CHECK (state IN ('draft', 'asked') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT decisions_four_eyes CHECK (NOT four_eyes OR state NOT IN ('running', 'done') OR decided_by <> asked_by)
);
-- One at a time: a second request for the same rows finds the first.
CREATE UNIQUE INDEX decisions_one_open ON decisions (party_id, cluster_code, cluster_column, cluster_value) WHERE state IN ('asked', 'running');
CREATE INDEX decisions_newest ON decisions (asked_at DESC);
-- The names that a party uses for a product, for each delivery of it.
CREATE INDEX decisions_names ON decisions (party_id) WHERE kind = 'map' AND cluster_column = 'vaccin' AND ended_at IS NULL;
ALTER TABLE decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE decisions FORCE ROW LEVEL SECURITY;
-- A sender reads what goes back to it, nothing else.
CREATE POLICY of_party ON decisions FOR SELECT TO cims_portal USING (party_id = cims_party() AND kind = 'return');
CREATE POLICY of_staff ON decisions FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON decisions TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON decisions TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON decisions TO cims_worker;

-- What staff sees of clusters: with the rights of the owner, so they ask for the role themselves.
CREATE FUNCTION staff_clusters(of_party text, of_code text, most integer, skip integer)
    RETURNS TABLE (sample uuid, party text, code text, in_column text, rows bigint, oldest timestamptz, clusters bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        -- Counted first; one row of each that is shown is found by its index.
        WITH counted AS (
            SELECT r.party_id, r.cluster_code, r.cluster_column, r.cluster_value, count(*) AS rows, min(r.created_at) AS oldest,
                   count(*) OVER () AS clusters
            FROM delivery_rows r
            WHERE cims_reviews() AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
              AND (of_party IS NULL OR r.party_id = (SELECT p.id FROM parties p WHERE p.code = of_party))
              AND (of_code IS NULL OR r.cluster_code = of_code)
            GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 6, 1, 2, 3, 4 LIMIT most OFFSET skip)
        SELECT s.id, p.name, c.cluster_code, c.cluster_column, c.rows, c.oldest, c.clusters
        FROM counted c JOIN parties p ON p.id = c.party_id
        CROSS JOIN LATERAL (
            SELECT r.id FROM delivery_rows r
            WHERE r.party_id = c.party_id AND r.cluster_code = c.cluster_code AND r.cluster_column = c.cluster_column
              AND r.cluster_value = c.cluster_value AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
            LIMIT 1) s
        ORDER BY c.rows DESC, c.oldest, p.name, c.cluster_code, c.cluster_column
    $$;
-- The rows of the cluster that a row is in.
CREATE FUNCTION staff_cluster_rows(sample uuid, most integer)
    RETURNS TABLE (id uuid, party_id uuid, party text, code text, in_column text, delivery_id uuid, row_number integer, outcome text,
                   received_at timestamptz, raw_sealed bytea, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT r.id, r.party_id, p.name, r.cluster_code, r.cluster_column, r.delivery_id, r.row_number, r.outcome, d.received_at,
               r.raw_sealed, count(*) OVER ()
        FROM delivery_rows s
        JOIN delivery_rows r ON r.party_id = s.party_id AND r.cluster_code = s.cluster_code AND r.cluster_column = s.cluster_column
                            AND r.cluster_value = s.cluster_value AND r.state = 'open' AND r.returned_at IS NULL
        JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
        WHERE cims_reviews() AND s.id = sample AND s.state = 'open' AND s.returned_at IS NULL
        ORDER BY (r.id = sample) DESC, r.created_at, r.delivery_id, r.row_number LIMIT most
    $$;
-- It looks into deliveries and parties too.
CREATE POLICY of_owner ON deliveries FOR SELECT TO cims_owner USING (cims_reviews());
CREATE POLICY of_owner ON parties FOR SELECT TO cims_owner USING (cims_reviews());
REVOKE ALL ON FUNCTION staff_clusters(text, text, integer, integer), staff_cluster_rows(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_clusters(text, text, integer, integer), staff_cluster_rows(uuid, integer) TO cims_portal;

RESET ROLE;
