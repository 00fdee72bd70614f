-- Another value may be put in stored rows that wait too (0074 knew `accept` alone): of the decisions about those one is open at
-- a time, as of those about refused ones.
SET LOCAL ROLE cims_owner;

-- A decision is about rows that are stored: those rules let a row wait (`DecisionKind::about`).
CREATE FUNCTION is_about_stored(kind text, code text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT kind = 'accept' OR (kind = 'map' AND code IN ('V22', 'V23')) $$;
GRANT EXECUTE ON FUNCTION is_about_stored(text, text) TO cims_worker;

DROP INDEX decisions_one_open;
CREATE UNIQUE INDEX decisions_one_open
    ON decisions (party_id, cluster_code, cluster_column, cluster_value, COALESCE(row_id, '00000000-0000-0000-0000-000000000000'),
                  is_about_stored(kind, cluster_code))
    WHERE state IN ('asked', 'running');

RESET ROLE;
