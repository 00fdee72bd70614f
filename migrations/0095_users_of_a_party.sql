-- Names of users are seen by who works with them: one's own, those of the own party, and of RIVM, which decides about its
-- deliveries; RIVM sees all. A query that forgets its party shows nobody of another one.
SET LOCAL ROLE cims_owner;

-- Also of those who left.
CREATE INDEX user_roles_user ON user_roles (user_id);
CREATE POLICY of_rivm ON user_roles FOR SELECT TO cims_owner USING (party_id IS NULL);
-- Whether somebody has or had a role at RIVM: the roles themselves are not for a party to read.
CREATE FUNCTION cims_is_of_rivm(wanted uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM user_roles WHERE user_id = wanted AND party_id IS NULL) $$;
GRANT EXECUTE ON FUNCTION cims_is_of_rivm(uuid) TO cims_portal;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY of_actor ON users FOR SELECT TO cims_portal USING (id = cims_actor());
-- Whose session it is, is found before anybody is known.
CREATE POLICY of_login ON users FOR SELECT TO cims_portal USING (cims_actor() IS NULL);
CREATE POLICY of_party ON users FOR SELECT TO cims_portal
    USING (EXISTS (SELECT FROM user_roles r WHERE r.user_id = users.id AND r.party_id = cims_party()));
CREATE POLICY of_staff ON users FOR SELECT TO cims_portal USING (cims_governs() OR cims_keys_cards());
CREATE POLICY of_them ON users FOR SELECT TO cims_portal USING (cims_actor() IS NOT NULL AND cims_is_of_rivm(id));
-- Functions that list for RIVM.
CREATE POLICY of_owner ON users FOR SELECT TO cims_owner USING (cims_governs());
CREATE POLICY of_worker ON users TO cims_worker USING (true) WITH CHECK (true);

RESET ROLE;
