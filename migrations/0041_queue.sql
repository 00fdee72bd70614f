-- The queue of RIVM stays fast with a million rows in it (issue of the review side; features F51): how many rows a cluster
-- has is kept as it changes, and a page of the list begins where the one before ended.
SET LOCAL ROLE cims_owner;

-- What was added to and taken from a cluster. Only added to, so that no delivery waits for another; summed up each minute.
CREATE TABLE cluster_changes (
    party_id       uuid NOT NULL,
    cluster_code   text NOT NULL,
    cluster_column text NOT NULL,
    cluster_value  text NOT NULL,
    outcome        text NOT NULL,
    rows           bigint NOT NULL
);
-- What waits already.
SELECT set_config('cims.role', 'rivm-beheer', true);
INSERT INTO cluster_changes
SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, count(*) FROM delivery_rows
WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5;
SELECT set_config('cims.role', '', true);
CREATE INDEX cluster_changes_of ON cluster_changes (party_id, cluster_code, cluster_column, cluster_value);
ALTER TABLE cluster_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE cluster_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON cluster_changes FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_owner ON cluster_changes FOR SELECT TO cims_owner USING (cims_reviews());
CREATE POLICY of_worker ON cluster_changes TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON cluster_changes TO cims_worker;

CREATE FUNCTION count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, count(*) FROM added
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, -count(*) FROM gone
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, sum(rows) FROM (
        SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, 1 AS rows FROM added
        WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL
        UNION ALL
        SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, -1 FROM gone
        WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL) AS both_sides
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(rows) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_rows_added AFTER INSERT ON delivery_rows REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added();
CREATE TRIGGER delivery_rows_gone AFTER DELETE ON delivery_rows REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_gone();
CREATE TRIGGER delivery_rows_changed AFTER UPDATE ON delivery_rows REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed();

DROP INDEX delivery_rows_clusters;
CREATE INDEX delivery_rows_clusters ON delivery_rows (party_id, cluster_code, cluster_column, cluster_value, created_at)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;
-- The list, newest first: of all, and of a party.
DROP INDEX delivery_rows_to_judge;
CREATE INDEX delivery_rows_to_judge ON delivery_rows (created_at DESC, delivery_id, row_number)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;
CREATE INDEX delivery_rows_to_judge_of_party ON delivery_rows (party_id, created_at DESC, delivery_id, row_number)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;

DROP FUNCTION staff_clusters(text, text, integer, integer);
CREATE FUNCTION staff_clusters(of_party text, of_code text, most integer, skip integer)
    RETURNS TABLE (sample uuid, party text, code text, in_column text, rows bigint, oldest timestamptz, clusters bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        WITH counted AS (
            SELECT c.party_id, c.cluster_code, c.cluster_column, c.cluster_value, sum(c.rows)::bigint AS rows, count(*) OVER () AS clusters
            FROM cluster_changes c
            WHERE cims_reviews() AND (of_party IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = of_party))
              AND (of_code IS NULL OR c.cluster_code = of_code)
            GROUP BY 1, 2, 3, 4 HAVING sum(c.rows) > 0 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT most OFFSET skip)
        SELECT s.id, p.name, c.cluster_code, c.cluster_column, c.rows, s.created_at, c.clusters
        FROM counted c JOIN parties p ON p.id = c.party_id
        CROSS JOIN LATERAL (
            SELECT r.id, r.created_at FROM delivery_rows r
            WHERE r.party_id = c.party_id AND r.cluster_code = c.cluster_code AND r.cluster_column = c.cluster_column
              AND r.cluster_value = c.cluster_value AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
            ORDER BY r.created_at LIMIT 1) s
        ORDER BY c.rows DESC, s.created_at, p.name, c.cluster_code, c.cluster_column
    $$;

-- One row of each cluster is shown with how many it has; the rows of a large one are not all looked at.
DROP FUNCTION staff_cluster_rows(uuid, integer);
CREATE FUNCTION staff_cluster_rows(sample uuid, most integer)
    RETURNS TABLE (id uuid, party_id uuid, party text, code text, in_column text, delivery_id uuid, row_number integer, outcome text,
                   received_at timestamptz, raw_sealed bytea, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        WITH s AS (SELECT * FROM delivery_rows r WHERE cims_reviews() AND r.id = sample AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL),
             n AS (SELECT sum(c.rows)::bigint AS rows FROM cluster_changes c JOIN s ON c.party_id = s.party_id AND c.cluster_code = s.cluster_code
                       AND c.cluster_column = s.cluster_column AND c.cluster_value = s.cluster_value),
             others AS (SELECT r.* FROM s CROSS JOIN LATERAL (
                            SELECT r.* FROM delivery_rows r
                            WHERE r.party_id = s.party_id AND r.cluster_code = s.cluster_code AND r.cluster_column = s.cluster_column
                              AND r.cluster_value = s.cluster_value AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
                              AND r.id <> s.id
                            ORDER BY r.created_at LIMIT most - 1) AS r)
        SELECT r.id, r.party_id, p.name, r.cluster_code, r.cluster_column, r.delivery_id, r.row_number, r.outcome, d.received_at,
               r.raw_sealed, n.rows
        FROM (SELECT * FROM s UNION ALL SELECT * FROM others) AS r CROSS JOIN n
        JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
        ORDER BY (r.id = sample) DESC, r.created_at, r.delivery_id, r.row_number
    $$;

-- Conditions on rows of the queue, as text of our own; values are parameters $1 to $6.
CREATE FUNCTION queue_conditions(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT 'r.state = ''open'' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL'
            || CASE WHEN of_party IS NULL THEN '' ELSE ' AND r.party_id = (SELECT p.id FROM parties p WHERE p.code = $1)' END
            || CASE WHEN of_code IS NULL THEN '' ELSE ' AND r.cluster_code = $2' END
            || CASE WHEN of_column IS NULL THEN '' ELSE ' AND r.cluster_column = $3' END
            -- Looked up once: so the page is still found in the order of the index, and its search ends when it is full.
            || CASE WHEN of_channel IS NULL THEN '' ELSE ' AND r.delivery_id = ANY (ARRAY(
                   SELECT d.id FROM deliveries d WHERE d.channel = $4 AND d.afgekeurd + d.te_controleren > 0))' END
            || CASE WHEN of_outcome IS NULL THEN '' ELSE ' AND r.outcome = $5' END
            || CASE WHEN days IS NULL THEN '' ELSE ' AND r.created_at < now() - make_interval(days => $6)' END
    $$;

-- A page of the queue: what waits because of a code, in a column, by a channel, longer than some days; after a row.
CREATE FUNCTION staff_queue(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                            after_at timestamptz, after_delivery uuid, after_row integer, most integer)
    RETURNS TABLE (id uuid, delivery_id uuid, party text, channel text, row_number integer, outcome text, findings jsonb,
                   staff_findings jsonb, received_at timestamptz, created_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    BEGIN
        IF NOT cims_reviews() THEN RETURN; END IF;
        RETURN QUERY EXECUTE 'WITH page AS MATERIALIZED (
                SELECT r.id, r.delivery_id, r.party_id, r.row_number, r.outcome, r.findings, r.staff_findings, r.created_at FROM delivery_rows r WHERE '
            || queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days)
            || CASE WHEN after_at IS NULL THEN ''
                    ELSE ' AND r.created_at <= $7 AND (r.created_at < $7 OR (r.delivery_id, r.row_number) > ($8, $9))' END
            || ' ORDER BY r.created_at DESC, r.delivery_id, r.row_number LIMIT $10)
            SELECT r.id, r.delivery_id, p.name, d.channel, r.row_number, r.outcome, r.findings, r.staff_findings, d.received_at, r.created_at
            FROM page r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
            ORDER BY r.created_at DESC, r.delivery_id, r.row_number'
            USING of_party, of_code, of_column, of_channel, of_outcome, days, after_at, after_delivery, after_row, most;
    END $$;

-- How many there are under a filter: kept, or, by channel and age, counted as far as `most`.
CREATE FUNCTION staff_queue_count(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer, most integer)
    RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DECLARE
        counted bigint;
    BEGIN
        IF NOT cims_reviews() THEN RETURN 0; END IF;
        IF of_channel IS NULL AND days IS NULL THEN
            SELECT COALESCE(sum(c.rows), 0)::bigint INTO counted FROM cluster_changes c
            WHERE (of_party IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = of_party))
              AND (of_code IS NULL OR c.cluster_code = of_code) AND (of_column IS NULL OR c.cluster_column = of_column)
              AND (of_outcome IS NULL OR c.outcome = of_outcome);
        ELSE
            EXECUTE 'SELECT count(*) FROM (SELECT FROM delivery_rows r WHERE '
                || queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days) || ' LIMIT $7) AS counted'
                INTO counted USING of_party, of_code, of_column, of_channel, of_outcome, days, most;
        END IF;
        RETURN counted;
    END $$;
REVOKE ALL ON FUNCTION staff_clusters(text, text, integer, integer), staff_cluster_rows(uuid, integer),
    staff_queue(text, text, text, text, text, integer, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_clusters(text, text, integer, integer), staff_cluster_rows(uuid, integer),
    staff_queue(text, text, text, text, text, integer, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, integer) TO cims_portal;

RESET ROLE;
