-- Refused rows and stored ones that wait for the same reason are two groups (features F52): what is decided about the one says
-- nothing about the other. A decision is about refused rows, but `accept`, which is about stored ones.
SET LOCAL ROLE cims_owner;

DROP INDEX delivery_rows_clusters;
CREATE INDEX delivery_rows_clusters
    ON delivery_rows (party_id, cluster_code, cluster_column, cluster_value, outcome, created_at DESC, delivery_id, row_number)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;
DROP INDEX decisions_one_open;
CREATE UNIQUE INDEX decisions_one_open
    ON decisions (party_id, cluster_code, cluster_column, cluster_value, COALESCE(row_id, '00000000-0000-0000-0000-000000000000'), (kind = 'accept'))
    WHERE state IN ('asked', 'running');

ALTER TABLE decisions
    -- The row at which it was prepared: who comes second hears what became of it.
    ADD COLUMN sample_id uuid,
    -- Who of the institution asked for it, when and how; sealed (associated data = id).
    ADD COLUMN request_sealed bytea,
    -- What the institution said itself is changed at its request alone (features F53); decisions of before had none.
    ADD CONSTRAINT decisions_at_request CHECK (kind <> 'map' OR request_sealed IS NOT NULL
        OR cluster_column IN ('vaccin', 'hpk_code', 'doelgroep', 'leeftijdsgroep', 'vaccinatieland')) NOT VALID,
    -- The value was suggested.
    ADD COLUMN suggested boolean NOT NULL DEFAULT false;

-- As before (0052), each group with its outcome.
CREATE OR REPLACE FUNCTION staff_queue(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                            of_user uuid, of_nobody boolean, search jsonb,
                            after_at timestamptz, after_delivery uuid, after_row integer, most integer)
    RETURNS TABLE (id uuid, delivery_id uuid, party text, channel text, row_number integer, outcome text, findings jsonb,
                   staff_findings jsonb, received_at timestamptz, created_at timestamptz, assignee text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DECLARE
        few CONSTANT integer := 300;
        wanted text;
        clusters integer := NULL;
        road text;
        conditions text := queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days, of_user, of_nobody)
            || CASE WHEN after_at IS NULL THEN ''
                    ELSE ' AND r.created_at <= $8 AND (r.created_at < $8 OR (r.delivery_id, r.row_number) > ($9, $10))' END;
        cells CONSTANT text := 'SELECT r.id, r.delivery_id, r.party_id, r.row_number, r.outcome, r.findings, r.staff_findings, r.created_at FROM ';
        in_order CONSTANT text := ' ORDER BY r.created_at DESC, r.delivery_id, r.row_number';
    BEGIN
        IF NOT cims_reviews() THEN RETURN; END IF;
        IF search IS NOT NULL THEN
            wanted := 'SELECT c.party_id, c.cluster_code, c.cluster_column, c.cluster_value, c.outcome FROM cluster_changes c WHERE true'
                || queue_search(search, 'c') || ' GROUP BY 1, 2, 3, 4, 5 HAVING sum(c.rows) > 0';
            EXECUTE 'SELECT count(*) FROM (' || wanted || format(' LIMIT %s) AS n', few + 1) INTO clusters;
        END IF;
        IF clusters <= few THEN
            road := cells || '(' || wanted || ') AS w CROSS JOIN LATERAL (' || cells || 'delivery_rows r
                WHERE r.party_id = w.party_id AND r.cluster_code = w.cluster_code AND r.cluster_column = w.cluster_column
                  AND r.cluster_value = w.cluster_value AND r.outcome = w.outcome AND ' || conditions || in_order || ' LIMIT $11) AS r';
        ELSE
            road := cells || 'delivery_rows r WHERE ' || conditions || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END;
        END IF;
        RETURN QUERY EXECUTE 'WITH page AS MATERIALIZED (' || road || in_order || ' LIMIT $11)
            SELECT r.id, r.delivery_id, p.name, d.channel, r.row_number, r.outcome, r.findings, r.staff_findings, d.received_at, r.created_at, u.name
            FROM page r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
            LEFT JOIN assignments a ON a.row_id = r.id LEFT JOIN users u ON u.id = a.user_id' || in_order
            USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, after_at, after_delivery, after_row, most;
    END $$;

DROP FUNCTION staff_clusters(text, text, jsonb, integer, integer);
CREATE FUNCTION staff_clusters(of_party text, of_code text, search jsonb, most integer, skip integer)
    RETURNS TABLE (sample uuid, party text, code text, in_column text, outcome text, rows bigint, oldest timestamptz, clusters bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    BEGIN
        IF NOT cims_reviews() THEN RETURN; END IF;
        RETURN QUERY EXECUTE '
            WITH counted AS (
                SELECT c.party_id, c.cluster_code, c.cluster_column, c.cluster_value, c.outcome, sum(c.rows)::bigint AS rows,
                       count(*) OVER () AS clusters
                FROM cluster_changes c
                WHERE ($1 IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = $1)) AND ($2 IS NULL OR c.cluster_code = $2)'
            || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'c') END || '
                GROUP BY 1, 2, 3, 4, 5 HAVING sum(c.rows) > 0 ORDER BY 6 DESC, 1, 2, 3, 4, 5 LIMIT $3 OFFSET $4)
            SELECT s.id, p.name, c.cluster_code, c.cluster_column, c.outcome, c.rows, s.created_at, c.clusters
            FROM counted c JOIN parties p ON p.id = c.party_id
            CROSS JOIN LATERAL (
                SELECT r.id, r.created_at FROM delivery_rows r
                WHERE r.party_id = c.party_id AND r.cluster_code = c.cluster_code AND r.cluster_column = c.cluster_column
                  AND r.cluster_value = c.cluster_value AND r.outcome = c.outcome
                  AND r.state = ''open'' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
                ORDER BY r.created_at LIMIT 1) s
            ORDER BY c.rows DESC, s.created_at, p.name, c.cluster_code, c.cluster_column, c.outcome'
            USING of_party, of_code, most, skip;
    END $$;
REVOKE ALL ON FUNCTION staff_clusters(text, text, jsonb, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_clusters(text, text, jsonb, integer, integer) TO cims_portal;

CREATE OR REPLACE FUNCTION staff_cluster_rows(sample uuid, most integer)
    RETURNS TABLE (id uuid, party_id uuid, party text, code text, in_column text, delivery_id uuid, row_number integer, outcome text,
                   received_at timestamptz, raw_sealed bytea, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        WITH s AS (SELECT * FROM delivery_rows r WHERE cims_reviews() AND r.id = sample AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL),
             n AS (SELECT sum(c.rows)::bigint AS rows FROM cluster_changes c JOIN s ON c.party_id = s.party_id AND c.cluster_code = s.cluster_code
                       AND c.cluster_column = s.cluster_column AND c.cluster_value = s.cluster_value AND c.outcome = s.outcome),
             others AS (SELECT r.* FROM s CROSS JOIN LATERAL (
                            SELECT r.* FROM delivery_rows r
                            WHERE r.party_id = s.party_id AND r.cluster_code = s.cluster_code AND r.cluster_column = s.cluster_column
                              AND r.cluster_value = s.cluster_value AND r.outcome = s.outcome
                              AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
                              AND r.id <> s.id
                            ORDER BY r.created_at LIMIT most - 1) AS r)
        SELECT r.id, r.party_id, p.name, r.cluster_code, r.cluster_column, r.delivery_id, r.row_number, r.outcome, d.received_at,
               r.raw_sealed, n.rows
        FROM (SELECT * FROM s UNION ALL SELECT * FROM others) AS r CROSS JOIN n
        JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
        ORDER BY (r.id = sample) DESC, r.created_at, r.delivery_id, r.row_number
    $$;

RESET ROLE;
