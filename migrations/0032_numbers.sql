-- How many rows wait, by party, code and age (features F54). With the rights of the owner: the codes are those of staff.
SET LOCAL ROLE cims_owner;

-- One of party, code and age is filled, or party and code; ages: 0 up to a day, 1 up to a week, 2 up to four weeks, 3 older.
CREATE FUNCTION staff_open_counts()
    RETURNS TABLE (party text, code text, age integer, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        WITH waiting AS (
            SELECT r.party_id, r.cluster_code,
                   CASE WHEN r.created_at > now() - interval '1 day' THEN 0 WHEN r.created_at > now() - interval '7 days' THEN 1
                        WHEN r.created_at > now() - interval '28 days' THEN 2 ELSE 3 END AS age
            FROM delivery_rows r
            WHERE cims_reviews() AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL),
        counted AS (
            SELECT party_id, cluster_code, age, count(*) AS rows FROM waiting
            GROUP BY GROUPING SETS ((party_id), (cluster_code), (age), (party_id, cluster_code)))
        SELECT p.name, c.cluster_code, c.age, c.rows FROM counted c LEFT JOIN parties p ON p.id = c.party_id ORDER BY c.rows DESC, 1, 2, 3
    $$;
REVOKE ALL ON FUNCTION staff_open_counts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_open_counts() TO cims_portal;

RESET ROLE;
