-- How old what waits is, is kept as it changes, as how many rows a cluster has: the numbers of RIVM look at no row (features F54).
SET LOCAL ROLE cims_owner;

-- What was added to and taken from the rows that wait, by the hour in which they came. Only added to, so that no delivery waits
-- for another; summed up each minute.
CREATE TABLE waiting_hours (
    hour timestamptz NOT NULL,
    rows bigint NOT NULL
);
-- What waits already, and nobody adds to meanwhile.
LOCK TABLE delivery_rows IN SHARE ROW EXCLUSIVE MODE;
SELECT set_config('cims.role', 'rivm-beheer', true);
INSERT INTO waiting_hours
SELECT date_trunc('hour', created_at), count(*) FROM delivery_rows
WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1;
SELECT set_config('cims.role', '', true);
GRANT SELECT, INSERT, DELETE ON waiting_hours TO cims_worker;

-- As before (0087), with the hours: of the same look at the rows.
CREATE OR REPLACE FUNCTION count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH n AS MATERIALIZED (
             SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, date_trunc('hour', created_at) AS hour, count(*) AS rows FROM added
             WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6),
         hours AS (INSERT INTO waiting_hours SELECT n.hour, sum(n.rows) FROM n GROUP BY 1)
    INSERT INTO cluster_changes
    SELECT n.party_id, n.cluster_code, n.cluster_column, n.cluster_value, n.outcome, sum(n.rows) FROM n GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO waiting_codes
    SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
    FROM added r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
    WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH n AS MATERIALIZED (
             SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, date_trunc('hour', created_at) AS hour, count(*) AS rows FROM gone
             WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6),
         hours AS (INSERT INTO waiting_hours SELECT n.hour, -sum(n.rows) FROM n GROUP BY 1)
    INSERT INTO cluster_changes
    SELECT n.party_id, n.cluster_code, n.cluster_column, n.cluster_value, n.outcome, -sum(n.rows) FROM n GROUP BY 1, 2, 3, 4, 5;
    DELETE FROM waiting_codes w
    USING gone r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
    WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
      AND w.party_id = r.party_id AND w.code = c.code AND w.created_at = r.created_at AND w.delivery_id = r.delivery_id
      AND w.row_number = r.row_number;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH n AS MATERIALIZED (
             SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, hour, sum(rows) AS rows FROM (
                 SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, date_trunc('hour', created_at) AS hour, 1 AS rows FROM added
                 WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL
                 UNION ALL
                 SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, date_trunc('hour', created_at), -1 FROM gone
                 WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL) AS both_sides
             GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(rows) <> 0),
         hours AS (INSERT INTO waiting_hours SELECT n.hour, sum(n.rows) FROM n GROUP BY 1 HAVING sum(n.rows) <> 0)
    INSERT INTO cluster_changes
    SELECT n.party_id, n.cluster_code, n.cluster_column, n.cluster_value, n.outcome, sum(n.rows) FROM n
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(n.rows) <> 0;
    DELETE FROM waiting_codes w USING (
        SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
        FROM gone r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
        WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
        EXCEPT
        SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
        FROM added r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
        WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL) AS r
    WHERE w.party_id = r.party_id AND w.code = r.code AND w.created_at = r.created_at AND w.delivery_id = r.delivery_id
      AND w.row_number = r.row_number;
    INSERT INTO waiting_codes
        SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
        FROM added r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
        WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
        EXCEPT
        SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
        FROM gone r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
        WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL;
    RETURN NULL;
END $$;

-- As before (0066), with ages that are right to the hour.
CREATE OR REPLACE FUNCTION staff_open_counts()
    RETURNS TABLE (code text, age integer, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT c.cluster_code, NULL::integer, sum(c.rows)::bigint FROM cluster_changes c WHERE cims_reviews() GROUP BY 1 HAVING sum(c.rows) > 0
        UNION ALL
        SELECT NULL, a.age, (SELECT COALESCE(sum(h.rows), 0)::bigint FROM waiting_hours h
                             WHERE h.hour > date_trunc('hour', now()) - a.until AND h.hour <= date_trunc('hour', now()) - a.since)
        FROM (VALUES (0, interval '-1 day', interval '1 day'), (1, interval '1 day', interval '7 days'),
                     (2, interval '7 days', interval '28 days'), (3, interval '28 days', interval '1000 years')) AS a (age, since, until)
        WHERE cims_reviews()
        ORDER BY 3 DESC, 1, 2
    $$;

RESET ROLE;
