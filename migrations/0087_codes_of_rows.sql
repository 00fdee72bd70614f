-- The queue finds a row by any of its codes, not only by the one that it waits for (features F51): fast with a million rows, so each
-- code of a row that waits is kept beside it, in the order of the list.
SET LOCAL ROLE cims_owner;

-- One stored row may be accepted by itself, too.
ALTER TABLE decisions
    DROP CONSTRAINT decisions_link_has_row,
    ADD CONSTRAINT decisions_about_row CHECK (CASE WHEN kind IN ('link', 'unlink') THEN row_id IS NOT NULL ELSE kind = 'accept' OR row_id IS NULL END);

-- Codes of a row as RIVM sees them: what stands for something hidden is none, where that stands there itself.
CREATE FUNCTION row_codes(shown jsonb, staff jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT ARRAY(SELECT DISTINCT f ->> 'code' FROM jsonb_array_elements(shown || staff) AS f
                     WHERE f ->> 'code' <> 'B19' OR staff = '[]')
    $$;

CREATE TABLE waiting_codes (
    party_id    uuid NOT NULL,
    code        text NOT NULL,
    created_at  timestamptz NOT NULL,
    delivery_id uuid NOT NULL,
    row_number  integer NOT NULL,
    outcome     text NOT NULL
);
-- What waits already.
SELECT set_config('cims.role', 'rivm-beheer', true);
INSERT INTO waiting_codes
SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
FROM delivery_rows r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL;
SELECT set_config('cims.role', '', true);
CREATE UNIQUE INDEX waiting_codes_of_party ON waiting_codes (party_id, code, created_at DESC, delivery_id, row_number) INCLUDE (outcome);
CREATE INDEX waiting_codes_in_order ON waiting_codes (code, created_at DESC, delivery_id, row_number) INCLUDE (party_id, outcome);
ALTER TABLE waiting_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiting_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON waiting_codes FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_owner ON waiting_codes FOR SELECT TO cims_owner USING (cims_reviews());
CREATE POLICY of_worker ON waiting_codes TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON waiting_codes TO cims_worker;

CREATE OR REPLACE FUNCTION count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, count(*) FROM added
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO waiting_codes
    SELECT r.party_id, c.code, r.created_at, r.delivery_id, r.row_number, r.outcome
    FROM added r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
    WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, -count(*) FROM gone
    WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4, 5;
    DELETE FROM waiting_codes w
    USING gone r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
    WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
      AND w.party_id = r.party_id AND w.code = c.code AND w.created_at = r.created_at AND w.delivery_id = r.delivery_id
      AND w.row_number = r.row_number;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster_changes
    SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, sum(rows) FROM (
        SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, 1 AS rows FROM added
        WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL
        UNION ALL
        SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, -1 FROM gone
        WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL) AS both_sides
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(rows) <> 0;
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

-- As before (0050), but for the code: any of the row, when the rows do not come from `waiting_codes` already.
CREATE OR REPLACE FUNCTION queue_conditions(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                                            of_user uuid, of_nobody boolean) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT 'r.state = ''open'' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL'
            || CASE WHEN of_party IS NULL THEN '' ELSE ' AND r.party_id = (SELECT p.id FROM parties p WHERE p.code = $1)' END
            || CASE WHEN of_code IS NULL THEN '' ELSE ' AND $2 = ANY (row_codes(r.findings, r.staff_findings))' END
            || CASE WHEN of_column IS NULL THEN '' ELSE ' AND r.cluster_column = $3' END
            -- Looked up once: so the page is still found in the order of the index, and its search ends when it is full.
            || CASE WHEN of_channel IS NULL THEN '' ELSE ' AND r.delivery_id = ANY (ARRAY(
                   SELECT d.id FROM deliveries d WHERE d.channel = $4 AND d.afgekeurd + d.te_controleren > 0))' END
            || CASE WHEN of_outcome IS NULL THEN '' ELSE ' AND r.outcome = $5' END
            || CASE WHEN days IS NULL THEN '' ELSE ' AND r.created_at < now() - make_interval(days => $6)' END
            -- A list is short: its rows are found by their keys.
            || CASE WHEN of_user IS NULL THEN '' ELSE ' AND r.id = ANY (ARRAY(SELECT a.row_id FROM assignments a WHERE a.user_id = $7))' END
            || CASE WHEN of_nobody THEN ' AND NOT EXISTS (SELECT FROM assignments a WHERE a.row_id = r.id)' ELSE '' END
    $$;

-- Conditions on the codes of rows, likewise: what need not be asked of the rows themselves.
CREATE FUNCTION code_conditions(of_party text, of_channel text, of_outcome text, days integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT 'c.code = $2'
            || CASE WHEN of_party IS NULL THEN '' ELSE ' AND c.party_id = (SELECT p.id FROM parties p WHERE p.code = $1)' END
            || CASE WHEN of_channel IS NULL THEN '' ELSE ' AND c.delivery_id = ANY (ARRAY(
                   SELECT d.id FROM deliveries d WHERE d.channel = $4 AND d.afgekeurd + d.te_controleren > 0))' END
            || CASE WHEN of_outcome IS NULL THEN '' ELSE ' AND c.outcome = $5' END
            || CASE WHEN days IS NULL THEN '' ELSE ' AND c.created_at < now() - make_interval(days => $6)' END
    $$;
REVOKE ALL ON FUNCTION code_conditions(text, text, text, integer), row_codes(jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION row_codes(jsonb, jsonb) TO cims_worker;

-- As before (0074), a code by `waiting_codes`.
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
        after CONSTANT text := CASE WHEN after_at IS NULL THEN ''
            ELSE ' AND r.created_at <= $8 AND (r.created_at < $8 OR (r.delivery_id, r.row_number) > ($9, $10))' END;
        conditions text := queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days, of_user, of_nobody) || after;
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
                  AND r.cluster_value = w.cluster_value AND r.outcome = w.outcome AND ' || conditions || in_order || ' LIMIT $11) AS r' || in_order;
        ELSIF of_code IS NOT NULL THEN
            -- The codes come in the order of the list, and their rows as they are needed.
            road := cells || '(SELECT c.delivery_id, c.row_number, c.created_at FROM waiting_codes c WHERE '
                || code_conditions(of_party, of_channel, of_outcome, days) || replace(after, 'r.', 'c.')
                || ' ORDER BY c.created_at DESC, c.delivery_id, c.row_number OFFSET 0) AS c
                JOIN delivery_rows r ON r.delivery_id = c.delivery_id AND r.row_number = c.row_number WHERE '
                || queue_conditions(NULL, NULL, of_column, NULL, NULL, NULL, of_user, of_nobody)
                || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END
                || ' ORDER BY c.created_at DESC, c.delivery_id, c.row_number';
        ELSE
            road := cells || 'delivery_rows r WHERE ' || conditions || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END || in_order;
        END IF;
        RETURN QUERY EXECUTE 'WITH page AS MATERIALIZED (' || road || ' LIMIT $11)
            SELECT r.id, r.delivery_id, p.name, d.channel, r.row_number, r.outcome, r.findings, r.staff_findings, d.received_at, r.created_at, u.name
            FROM page r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
            LEFT JOIN assignments a ON a.row_id = r.id LEFT JOIN users u ON u.id = a.user_id' || in_order
            USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, after_at, after_delivery, after_row, most;
    END $$;

-- As before (0052); of a code, as of a channel, an age and a person, rows are counted as far as `most`.
CREATE OR REPLACE FUNCTION staff_queue_count(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                                  of_user uuid, of_nobody boolean, search jsonb, most integer)
    RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DECLARE
        counted bigint;
    BEGIN
        IF NOT cims_reviews() THEN RETURN 0; END IF;
        IF of_code IS NULL AND of_channel IS NULL AND days IS NULL AND of_user IS NULL AND NOT of_nobody THEN
            EXECUTE 'SELECT COALESCE(sum(c.rows), 0)::bigint FROM cluster_changes c
                     WHERE ($1 IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = $1))
                       AND ($2 IS NULL OR c.cluster_column = $2) AND ($3 IS NULL OR c.outcome = $3)'
                || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'c') END
                INTO counted USING of_party, of_column, of_outcome;
        ELSE
            EXECUTE 'SELECT count(*) FROM (SELECT FROM '
                || CASE WHEN of_code IS NULL THEN 'delivery_rows r WHERE '
                            || queue_conditions(of_party, NULL, of_column, of_channel, of_outcome, days, of_user, of_nobody)
                        WHEN search IS NULL AND of_column IS NULL AND of_user IS NULL AND NOT of_nobody
                        THEN 'waiting_codes c WHERE ' || code_conditions(of_party, of_channel, of_outcome, days)
                        ELSE 'waiting_codes c JOIN delivery_rows r ON r.delivery_id = c.delivery_id AND r.row_number = c.row_number WHERE '
                            || code_conditions(of_party, of_channel, of_outcome, days) || ' AND '
                            || queue_conditions(NULL, NULL, of_column, NULL, NULL, NULL, of_user, of_nobody) END
                || CASE WHEN search IS NULL THEN '' ELSE queue_search(search, 'r') END || ' LIMIT $8) AS counted'
                INTO counted USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, most;
        END IF;
        RETURN counted;
    END $$;

RESET ROLE;
