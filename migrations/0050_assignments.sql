-- The list of work of each reviewer (features F51): a waiting row is with one of them, or with nobody. It locks nothing.
SET LOCAL ROLE cims_owner;

CREATE TABLE assignments (
    row_id      uuid CONSTRAINT assignments_pk PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    assigned_by uuid NOT NULL REFERENCES users,
    assigned_at timestamptz NOT NULL
);
CREATE INDEX assignments_of_user ON assignments (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON assignments TO cims_worker;
-- Colleagues: who reviews.
CREATE POLICY of_owner ON user_roles FOR SELECT TO cims_owner USING (party_id IS NULL AND cims_reviews());

DROP FUNCTION staff_queue(text, text, text, text, text, integer, timestamptz, uuid, integer, integer);
DROP FUNCTION staff_queue_count(text, text, text, text, text, integer, integer);
DROP FUNCTION queue_conditions(text, text, text, text, text, integer);

-- Conditions on rows of the queue, as text of our own; values are parameters $1 to $7.
CREATE FUNCTION queue_conditions(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                                 of_user uuid, of_nobody boolean) RETURNS text
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
            -- A list is short: its rows are found by their keys.
            || CASE WHEN of_user IS NULL THEN '' ELSE ' AND r.id = ANY (ARRAY(SELECT a.row_id FROM assignments a WHERE a.user_id = $7))' END
            || CASE WHEN of_nobody THEN ' AND NOT EXISTS (SELECT FROM assignments a WHERE a.row_id = r.id)' ELSE '' END
    $$;

-- A page of the queue: what waits because of a code, in a column, by a channel, longer than some days, with somebody or with
-- nobody; after a row.
CREATE FUNCTION staff_queue(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                            of_user uuid, of_nobody boolean,
                            after_at timestamptz, after_delivery uuid, after_row integer, most integer)
    RETURNS TABLE (id uuid, delivery_id uuid, party text, channel text, row_number integer, outcome text, findings jsonb,
                   staff_findings jsonb, received_at timestamptz, created_at timestamptz, assignee text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    BEGIN
        IF NOT cims_reviews() THEN RETURN; END IF;
        RETURN QUERY EXECUTE 'WITH page AS MATERIALIZED (
                SELECT r.id, r.delivery_id, r.party_id, r.row_number, r.outcome, r.findings, r.staff_findings, r.created_at FROM delivery_rows r WHERE '
            || queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days, of_user, of_nobody)
            || CASE WHEN after_at IS NULL THEN ''
                    ELSE ' AND r.created_at <= $8 AND (r.created_at < $8 OR (r.delivery_id, r.row_number) > ($9, $10))' END
            || ' ORDER BY r.created_at DESC, r.delivery_id, r.row_number LIMIT $11)
            SELECT r.id, r.delivery_id, p.name, d.channel, r.row_number, r.outcome, r.findings, r.staff_findings, d.received_at, r.created_at, u.name
            FROM page r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
            LEFT JOIN assignments a ON a.row_id = r.id LEFT JOIN users u ON u.id = a.user_id
            ORDER BY r.created_at DESC, r.delivery_id, r.row_number'
            USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, after_at, after_delivery, after_row, most;
    END $$;

-- How many there are under a filter: kept, or, by channel, age and person, counted as far as `most`.
CREATE FUNCTION staff_queue_count(of_party text, of_code text, of_column text, of_channel text, of_outcome text, days integer,
                                  of_user uuid, of_nobody boolean, most integer)
    RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DECLARE
        counted bigint;
    BEGIN
        IF NOT cims_reviews() THEN RETURN 0; END IF;
        IF of_channel IS NULL AND days IS NULL AND of_user IS NULL AND NOT of_nobody THEN
            SELECT COALESCE(sum(c.rows), 0)::bigint INTO counted FROM cluster_changes c
            WHERE (of_party IS NULL OR c.party_id = (SELECT p.id FROM parties p WHERE p.code = of_party))
              AND (of_code IS NULL OR c.cluster_code = of_code) AND (of_column IS NULL OR c.cluster_column = of_column)
              AND (of_outcome IS NULL OR c.outcome = of_outcome);
        ELSE
            EXECUTE 'SELECT count(*) FROM (SELECT FROM delivery_rows r WHERE '
                || queue_conditions(of_party, of_code, of_column, of_channel, of_outcome, days, of_user, of_nobody) || ' LIMIT $8) AS counted'
                INTO counted USING of_party, of_code, of_column, of_channel, of_outcome, days, of_user, most;
        END IF;
        RETURN counted;
    END $$;

-- Who can have rows on their list, and how many of them wait there.
CREATE FUNCTION staff_reviewers()
    RETURNS TABLE (id uuid, name text, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT u.id, u.name, (SELECT count(*) FROM assignments a JOIN delivery_rows r ON r.id = a.row_id
                              WHERE a.user_id = u.id AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL)
        FROM users u
        WHERE cims_reviews() AND u.disabled_at IS NULL
          AND EXISTS (SELECT FROM user_roles m WHERE m.user_id = u.id AND m.role IN ('rivm-beoordelaar', 'rivm-beheer') AND m.ended_at IS NULL)
        ORDER BY u.name, u.id
    $$;
REVOKE ALL ON FUNCTION staff_reviewers(),
    staff_queue(text, text, text, text, text, integer, uuid, boolean, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, uuid, boolean, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_reviewers(),
    staff_queue(text, text, text, text, text, integer, uuid, boolean, timestamptz, uuid, integer, integer),
    staff_queue_count(text, text, text, text, text, integer, uuid, boolean, integer) TO cims_portal;

RESET ROLE;
