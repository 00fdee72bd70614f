-- How good the deliveries of each party are, for RIVM too (features F54): deliveries of a party by when they came, and the refused
-- rows that came again in another delivery, which count there.
SET LOCAL ROLE cims_owner;

CREATE INDEX deliveries_of_party_when ON deliveries (party_id, received_at) WHERE state = 'done' AND NOT test_lane;
-- All parties at once are counted from this index alone.
CREATE INDEX deliveries_when ON deliveries (received_at)
    INCLUDE (id, party_id, geaccepteerd, te_controleren, afgekeurd, dubbel, geteld) WHERE state = 'done' AND NOT test_lane;
CREATE INDEX delivery_rows_repaired ON delivery_rows (party_id, delivery_id) WHERE state = 'repaired' AND outcome = 'AFGEKEURD';

-- How many rows wait by code and age; those of parties are read where the list of parties is made. The counts are kept, so the
-- rows are only looked at for their age.
DROP FUNCTION staff_open_counts();
CREATE FUNCTION staff_open_counts()
    RETURNS TABLE (code text, age integer, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT c.cluster_code, NULL::integer, sum(c.rows)::bigint FROM cluster_changes c WHERE cims_reviews() GROUP BY 1 HAVING sum(c.rows) > 0
        UNION ALL
        SELECT NULL, a.age, (SELECT count(*) FROM delivery_rows r
                             WHERE r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL
                               AND r.created_at > now() - a.until AND r.created_at <= now() - a.since)
        FROM (VALUES (0, interval '-1 day', interval '1 day'), (1, interval '1 day', interval '7 days'),
                     (2, interval '7 days', interval '28 days'), (3, interval '28 days', interval '1000 years')) AS a (age, since, until)
        WHERE cims_reviews()
        ORDER BY 3 DESC, 1, 2
    $$;
REVOKE ALL ON FUNCTION staff_open_counts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_open_counts() TO cims_portal;

-- Batches of rows that wait, for the list of suspicious ones (features F-X4).
CREATE INDEX reports_waiting_batch ON reports (batch, vaccine, vaccinated_on)
    WHERE valid_to IS NULL AND outcome = 'TE_CONTROLEREN' AND batch IS NOT NULL;

RESET ROLE;
