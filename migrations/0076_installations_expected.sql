-- What is expected of an installation: nothing before its connection is approved, nor once it is suspended or ended (features F61).
-- And an institution that runs its own installation sees it, as a supplier sees those it runs.
SET LOCAL ROLE cims_owner;

-- Whose installation it is: of who runs it, else of the party itself.
DROP POLICY of_owner_figures ON sftp_accounts;
CREATE POLICY of_owner_figures ON sftp_accounts FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier' AND COALESCE(intermediary_id, party_id) = cims_party()));
DROP POLICY of_owner_figures ON parties;
CREATE POLICY of_owner_figures ON parties FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier'
           AND (id = cims_party() OR EXISTS (SELECT FROM sftp_accounts a WHERE a.party_id = parties.id AND COALESCE(a.intermediary_id, a.party_id) = cims_party()))));
DROP POLICY of_owner_figures ON deliveries;
CREATE POLICY of_owner_figures ON deliveries FOR SELECT TO cims_owner
    USING (account_id IS NOT NULL AND (cims_reviews() OR (cims_role() = 'leverancier' AND COALESCE(intermediary_id, party_id) = cims_party())));
DROP POLICY of_owner_figures ON sftp_uploads;
CREATE POLICY of_owner_figures ON sftp_uploads FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier'
           AND EXISTS (SELECT FROM sftp_accounts a WHERE a.id = sftp_uploads.account_id AND COALESCE(a.intermediary_id, a.party_id) = cims_party())));
-- When its connection, and its parties, were opened.
CREATE POLICY of_owner_figures ON connections FOR SELECT TO cims_owner
    USING (channel = 'sftp' AND (cims_reviews() OR (cims_role() = 'leverancier' AND COALESCE(intermediary_id, party_id) = cims_party())));
CREATE POLICY of_owner_figures ON connection_steps FOR SELECT TO cims_owner
    USING (EXISTS (SELECT FROM connections c WHERE c.id = connection_steps.connection_id));
CREATE POLICY of_owner_figures ON party_steps FOR SELECT TO cims_owner
    USING (EXISTS (SELECT FROM parties p WHERE p.id = party_steps.party_id));

DROP FUNCTION installation_figures(timestamptz);
CREATE FUNCTION installation_figures(since timestamptz)
    RETURNS TABLE (account text, installation text, party text, intermediary text, daily boolean, expected_since timestamptz, last_at timestamptz,
                   files bigint, refused bigint, rows_read bigint, rows_refused bigint, promised bigint, promised_read bigint, aborted bigint,
                   numbers integer[], sizes integer[], days date[], day_rows bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT a.name, a.installation, p.name, i.name, a.rhythm = 'workday',
                 CASE WHEN c.opened_at IS NOT NULL AND p.status = 'active' AND COALESCE(i.status = 'active', true)
                      THEN GREATEST(a.created_at, c.opened_at,
                                    (SELECT max(s.at) FROM party_steps s WHERE s.party_id IN (a.party_id, a.intermediary_id) AND s.step = 'reopen')) END,
                 (SELECT max(l.received_at) FROM deliveries l WHERE l.account_id = a.id AND NOT l.test_lane),
                 d.files, d.refused, d.rows_read, d.rows_refused, d.promised, d.promised_read,
                 (SELECT count(*) FROM sftp_uploads u WHERE u.account_id = a.id AND u.state = 'void' AND u.gone_at >= $1
                                                        AND u.why NOT IN ('control-file', 'removed', 'replaced')),
                 -- The last number before that moment too: what is missing after it is missing now.
                 d.numbers || ARRAY(SELECT b.file_sequence FROM deliveries b
                                    WHERE b.account_id = a.id AND b.received_at < $1 AND NOT b.test_lane AND b.file_sequence IS NOT NULL
                                      AND b.outcome IS DISTINCT FROM 'GEWEIGERD' ORDER BY b.seq DESC LIMIT 1),
                 d.sizes, v.days, v.day_rows
          FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id
               LEFT JOIN LATERAL (
                   -- More columns, or a no to them, leave it open.
                   SELECT COALESCE((SELECT max(s.at) FROM connection_steps s WHERE s.connection_id = o.id AND s.step = 'reopen'),
                                   (SELECT min(s.at) FROM connection_steps s WHERE s.connection_id = o.id AND s.step = 'approve'), o.decided_at) AS opened_at
                   FROM connections o WHERE o.party_id = a.party_id AND o.intermediary_id IS NOT DISTINCT FROM a.intermediary_id
                                        AND o.channel = 'sftp' AND o.state = 'approved') c ON true
               CROSS JOIN LATERAL (
                   SELECT count(*) AS files, count(*) FILTER (WHERE x.outcome = 'GEWEIGERD') AS refused,
                          COALESCE(sum(x.rows_read), 0)::bigint AS rows_read, COALESCE(sum(x.afgekeurd), 0)::bigint AS rows_refused,
                          COALESCE(sum(x.promised_rows), 0)::bigint AS promised,
                          COALESCE(sum(x.rows_read) FILTER (WHERE x.promised_rows IS NOT NULL), 0)::bigint AS promised_read,
                          COALESCE(array_agg(x.file_sequence) FILTER (WHERE x.file_sequence IS NOT NULL AND x.outcome IS DISTINCT FROM 'GEWEIGERD'), '{}') AS numbers,
                          COALESCE(array_agg(x.rows_read ORDER BY x.received_at) FILTER (WHERE x.outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'LEEG')), '{}') AS sizes
                   FROM deliveries x WHERE x.account_id = a.id AND x.received_at >= $1 AND NOT x.test_lane) d
               CROSS JOIN LATERAL (
                   SELECT COALESCE(array_agg(g.day ORDER BY g.day), '{}') AS days, COALESCE(array_agg(g.rows ORDER BY g.day), '{}') AS day_rows
                   FROM (SELECT (x.received_at AT TIME ZONE 'Europe/Amsterdam')::date AS day, COALESCE(sum(x.rows_read), 0)::bigint AS rows
                         FROM deliveries x WHERE x.account_id = a.id AND x.received_at >= $1 AND NOT x.test_lane GROUP BY 1) g) v
          WHERE a.ended_at IS NULL AND a.purpose = 'rows' ORDER BY p.name, a.installation $$;
REVOKE ALL ON FUNCTION installation_figures(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION installation_figures(timestamptz) TO cims_portal, cims_worker;

RESET ROLE;
