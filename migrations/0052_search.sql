-- One search over the queue and the clusters (features F51, F52): by party, rule, column and value of a code list; nothing of
-- a person is searched. Words are made into sets of keys before, so that a page is still found by its index.
SET LOCAL ROLE cims_owner;

-- The rows of a cluster in the order of the list: of a few clusters a page is put together, however many rows wait.
DROP INDEX delivery_rows_clusters;
CREATE INDEX delivery_rows_clusters ON delivery_rows (party_id, cluster_code, cluster_column, cluster_value, created_at DESC, delivery_id, row_number)
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL;

-- What each word of a search may be, as text of our own: every word must be one of its parties, codes, columns or values.
CREATE FUNCTION queue_search(search jsonb, alias text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT COALESCE(string_agg(format(' AND (%1$I.party_id = ANY (%2$L::uuid[]) OR %1$I.cluster_code = ANY (%3$L::text[])'
                                          || ' OR %1$I.cluster_column = ANY (%4$L::text[]) OR %1$I.cluster_value = ANY (%5$L::text[]))', alias,
                                          ARRAY(SELECT jsonb_array_elements_text(w -> 'parties')), ARRAY(SELECT jsonb_array_elements_text(w -> 'codes')),
                                          ARRAY(SELECT jsonb_array_elements_text(w -> 'columns')), ARRAY(SELECT jsonb_array_elements_text(w -> 'values'))), ''), '')
        FROM jsonb_array_elements(search) AS w
    $$;

DROP FUNCTION staff_queue(text, text, text, text, text, integer, uuid, boolean, timestamptz, uuid, integer, integer);
DROP FUNCTION staff_queue_count(text, text, text, text, text, integer, uuid, boolean, integer);
DROP FUNCTION staff_clusters(text, text, integer, integer);

-- A page of the queue: what waits because of a code, in a column, by a channel, longer than some days, with somebody or with
-- nobody, found by a search; after a row. A search that leads to few clusters takes the newest of each; one that leads to many
-- is found often enough in the order of the list.
CREATE FUNCTION staff_queue(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
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
            wanted := 'SELECT c.party_id, c.cluster_code, c.cluster_column, c.cluster_value FROM cluster_changes c WHERE true'
                || queue_search(search, 'c') || ' GROUP BY 1, 2, 3, 4 HAVING sum(c.rows) > 0';
            EXECUTE 'SELECT count(*) FROM (' || wanted || format(' LIMIT %s) AS n', few + 1) INTO clusters;
        END IF;
        IF clusters <= few THEN
            road := cells || '(' || wanted || ') AS w CROSS JOIN LATERAL (' || cells || 'delivery_rows r
                WHERE r.party_id = w.party_id AND r.cluster_code = w.cluster_code AND r.cluster_column = w.cluster_column
                  AND r.cluster_value = w.cluster_value AND ' || conditions || in_order || ' LIMIT $11) AS r';
        ELSE
            road := cells || 'delivery_rows r WHERE ' || conditions || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END;
        END IF;
        RETURN QUERY EXECUTE 'WITH page AS MATERIALIZED (' || road || in_order || ' LIMIT $11)
            SELECT r.id, r.delivery_id, p.name, d.channel, r.row_number, r.outcome, r.findings, r.staff_findings, d.received_at, r.created_at, u.name
            FROM page r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
            LEFT JOIN assignments a ON a.row_id = r.id LEFT JOIN users u ON u.id = a.user_id' || in_order
            USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, after_at, after_delivery, after_row, most;
    END $$;

-- How many there are under a filter: kept, or, by channel, age and person, counted as far as `most`.
CREATE FUNCTION staff_queue_count(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                                  of_user uuid, of_nobody boolean, search jsonb, most integer)
    RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DECLARE
        counted bigint;
    BEGIN
        IF NOT cims_reviews() THEN RETURN 0; END IF;
        IF of_channel IS NULL AND days IS NULL AND of_user IS NULL AND NOT of_nobody THEN
            EXECUTE 'SELECT COALESCE(sum(c.rows), 0)::bigint FROM cluster_changes c
                     WHERE ($1 IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = $1))
                       AND ($2 IS NULL OR c.cluster_code = $2) AND ($3 IS NULL OR c.cluster_column = $3) AND ($4 IS NULL OR c.outcome = $4)'
                || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'c') END
                INTO counted USING of_party, of_code, of_column, of_outcome;
        ELSE
            EXECUTE 'SELECT count(*) FROM (SELECT FROM delivery_rows r WHERE '
                || queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days, of_user, of_nobody)
                || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END || ' LIMIT $8) AS counted'
                INTO counted USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, most;
        END IF;
        RETURN counted;
    END $$;

-- Clusters, the largest first.
CREATE FUNCTION staff_clusters(of_party text, of_code text, search jsonb, most integer, skip integer)
    RETURNS TABLE (sample uuid, party text, code text, in_column text, rows bigint, oldest timestamptz, clusters bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    BEGIN
        IF NOT cims_reviews() THEN RETURN; END IF;
        RETURN QUERY EXECUTE '
            WITH counted AS (
                SELECT c.party_id, c.cluster_code, c.cluster_column, c.cluster_value, sum(c.rows)::bigint AS rows, count(*) OVER () AS clusters
                FROM cluster_changes c
                WHERE ($1 IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = $1)) AND ($2 IS NULL OR c.cluster_code = $2)'
            || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'c') END || '
                GROUP BY 1, 2, 3, 4 HAVING sum(c.rows) > 0 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT $3 OFFSET $4)
            SELECT s.id, p.name, c.cluster_code, c.cluster_column, c.rows, s.created_at, c.clusters
            FROM counted c JOIN parties p ON p.id = c.party_id
            CROSS JOIN LATERAL (
                SELECT r.id, r.created_at FROM delivery_rows r
                WHERE r.party_id = c.party_id AND r.cluster_code = c.cluster_code AND r.cluster_column = c.cluster_column
                  AND r.cluster_value = c.cluster_value AND r.state = ''open'' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
                ORDER BY r.created_at LIMIT 1) s
            ORDER BY c.rows DESC, s.created_at, p.name, c.cluster_code, c.cluster_column'
            USING of_party, of_code, most, skip;
    END $$;

REVOKE ALL ON FUNCTION staff_clusters(text, text, jsonb, integer, integer),
    staff_queue(text, text, text, text, text, integer, uuid, boolean, jsonb, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, uuid, boolean, jsonb, integer), queue_search(jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_clusters(text, text, jsonb, integer, integer),
    staff_queue(text, text, text, text, text, integer, uuid, boolean, jsonb, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, uuid, boolean, jsonb, integer) TO cims_portal;

RESET ROLE;
