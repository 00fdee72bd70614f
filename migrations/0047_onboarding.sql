-- How a party comes in (features F79, F-X7): RIVM-beheer files a request, the institution tries its files, the
-- privacycoördinator decides about its connection, and with the first yes the party is active. Until then who works there
-- sees the page of the test lane and nothing else. A supplier sees how complete its own installations are (F61, F86).
SET LOCAL ROLE cims_owner;

ALTER TABLE parties
    -- Who filed its request; nobody for a party that was there before.
    ADD COLUMN requested_by uuid REFERENCES users,
    -- Whose yes made it active.
    ADD COLUMN activated_by uuid REFERENCES users,
    ADD COLUMN activated_at timestamptz,
    DROP CONSTRAINT parties_status_known,
    ADD CONSTRAINT parties_status_known CHECK (status IN ('requested', 'active', 'refused', 'suspended', 'ended')),
    -- No party becomes active by the one who asked for it (security G18).
    ADD CONSTRAINT parties_four_eyes CHECK (activated_by IS NULL OR activated_by IS DISTINCT FROM requested_by),
    ADD CONSTRAINT parties_activated CHECK (requested_by IS NULL OR status IN ('requested', 'refused')
                                            OR (activated_by IS NOT NULL AND activated_at IS NOT NULL));

-- A request as it was typed, with whom to ask at the institution. Not filed yet: a draft of who types it, for a day.
CREATE TABLE party_requests (
    id            uuid PRIMARY KEY,
    party_id      uuid REFERENCES parties,
    -- The connection that was asked for with it; what is decided about that stands there.
    connection_id uuid REFERENCES connections,
    -- As typed, sealed (associated data = id).
    form_sealed   bytea NOT NULL,
    asked_by      uuid NOT NULL REFERENCES users,
    begun_at      timestamptz NOT NULL DEFAULT now(),
    filed_at      timestamptz,
    CONSTRAINT party_requests_filed CHECK ((filed_at IS NULL) = (party_id IS NULL) AND (filed_at IS NULL) = (connection_id IS NULL))
);
CREATE INDEX party_requests_of_party ON party_requests (party_id, filed_at DESC);
CREATE INDEX party_requests_of_connection ON party_requests (connection_id);
CREATE INDEX party_requests_drafts ON party_requests (begun_at) WHERE filed_at IS NULL;
ALTER TABLE party_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE party_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY of_staff ON party_requests FOR SELECT TO cims_portal
    USING (cims_governs() AND (filed_at IS NOT NULL OR asked_by = cims_actor()));
CREATE POLICY of_worker ON party_requests TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON party_requests TO cims_portal;
-- A draft that nobody filed goes.
GRANT SELECT, INSERT, UPDATE, DELETE ON party_requests TO cims_worker;

-- What happened to a connection, step by step: `connections` itself knows the last one only.
CREATE TABLE connection_steps (
    id            uuid PRIMARY KEY,
    party_id      uuid NOT NULL REFERENCES parties,
    connection_id uuid NOT NULL REFERENCES connections,
    step          text NOT NULL,
    by            uuid REFERENCES users,
    at            timestamptz NOT NULL DEFAULT now(),
    -- Columns the step was about.
    columns       text[] NOT NULL DEFAULT '{}',
    -- Why; as typed, sealed (associated data = connection_id).
    reason_sealed bytea,
    CONSTRAINT connection_steps_known CHECK (step IN ('asked', 'approve', 'refuse', 'suspend', 'reopen', 'end'))
);
CREATE INDEX connection_steps_of ON connection_steps (connection_id, at);
ALTER TABLE connection_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE connection_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY of_staff ON connection_steps FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON connection_steps TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON connection_steps TO cims_portal;
GRANT SELECT, INSERT ON connection_steps TO cims_worker;

-- What is known of before: who asked, and the last decision. The owner is under row-level security too.
CREATE POLICY of_owner_fill ON connection_steps FOR INSERT TO cims_owner WITH CHECK (true);
CREATE POLICY of_owner_fill ON connections FOR SELECT TO cims_owner USING (true);
INSERT INTO connection_steps (id, party_id, connection_id, step, by, at)
    SELECT gen_random_uuid(), party_id, id, 'asked', requested_by, requested_at FROM connections;
INSERT INTO connection_steps (id, party_id, connection_id, step, by, at, columns, reason_sealed)
    SELECT gen_random_uuid(), party_id, id, CASE state WHEN 'approved' THEN 'approve' WHEN 'refused' THEN 'refuse' WHEN 'suspended' THEN 'suspend' ELSE 'end' END,
           decided_by, decided_at, columns, reason_sealed
    FROM connections WHERE decided_at IS NOT NULL AND state <> 'requested';
DROP POLICY of_owner_fill ON connection_steps;
DROP POLICY of_owner_fill ON connections;

-- An institution reads the name of who delivers for it.
CREATE POLICY of_connection ON parties FOR SELECT TO cims_portal
    USING (EXISTS (SELECT FROM connections c WHERE c.intermediary_id = parties.id AND c.party_id = cims_party()));

-- Files that were tried, for the page of the test lane.
CREATE INDEX deliveries_tried ON deliveries (party_id, seq DESC) WHERE test_lane;

-- The contact of a supplier: works for the party that runs installations, and sees no row of any.
ALTER TABLE user_roles
    DROP CONSTRAINT user_roles_known,
    DROP CONSTRAINT user_roles_party_fits_role,
    ADD CONSTRAINT user_roles_known CHECK (role IN ('invoerder', 'instellingsbeheerder', 'leverancier', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor')),
    ADD CONSTRAINT user_roles_party_fits_role CHECK ((role IN ('invoerder', 'instellingsbeheerder', 'leverancier')) = (party_id IS NOT NULL));
ALTER TABLE invitations
    DROP CONSTRAINT invitations_role_known,
    DROP CONSTRAINT invitations_party_fits_role,
    ADD CONSTRAINT invitations_role_known CHECK (role IN ('invoerder', 'instellingsbeheerder', 'leverancier', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor')),
    ADD CONSTRAINT invitations_party_fits_role CHECK ((role IN ('invoerder', 'instellingsbeheerder', 'leverancier')) = (party_id IS NOT NULL));

-- Whether an installation delivers what it should, in numbers and days: of all of them for who reviews, of its own for a
-- supplier. No row, no file name. It runs with the rights of the owner, so these policies ask for the role themselves.
CREATE POLICY of_owner_figures ON sftp_accounts FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier' AND intermediary_id = cims_party()));
CREATE POLICY of_owner_figures ON parties FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier'
           AND (id = cims_party() OR EXISTS (SELECT FROM sftp_accounts a WHERE a.party_id = parties.id AND a.intermediary_id = cims_party()))));
CREATE POLICY of_owner_figures ON deliveries FOR SELECT TO cims_owner
    USING (account_id IS NOT NULL AND (cims_reviews() OR (cims_role() = 'leverancier' AND intermediary_id = cims_party())));
CREATE POLICY of_owner_figures ON sftp_uploads FOR SELECT TO cims_owner
    USING (cims_reviews() OR (cims_role() = 'leverancier'
           AND EXISTS (SELECT FROM sftp_accounts a WHERE a.id = sftp_uploads.account_id AND a.intermediary_id = cims_party())));
CREATE FUNCTION installation_figures(since timestamptz)
    RETURNS TABLE (account text, installation text, party text, intermediary text, daily boolean, created_at timestamptz, last_at timestamptz,
                   files bigint, refused bigint, rows_read bigint, rows_refused bigint, promised bigint, promised_read bigint, aborted bigint,
                   numbers integer[], sizes integer[], days date[], day_rows bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT a.name, a.installation, p.name, i.name, a.rhythm = 'workday', a.created_at,
                 (SELECT max(l.received_at) FROM deliveries l WHERE l.account_id = a.id AND NOT l.test_lane),
                 d.files, d.refused, d.rows_read, d.rows_refused, d.promised, d.promised_read,
                 (SELECT count(*) FROM sftp_uploads u WHERE u.account_id = a.id AND u.state = 'void' AND u.gone_at >= $1
                                                        AND u.why NOT IN ('control-file', 'removed', 'replaced')),
                 d.numbers, d.sizes, v.days, v.day_rows
          FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id
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
GRANT EXECUTE ON FUNCTION installation_figures(timestamptz) TO cims_portal;

RESET ROLE;
