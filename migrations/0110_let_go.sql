-- By which decision a delivery that waited goes on (features F-X10: the decision is recorded with each delivery).
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries
    -- About its connection, or about its party or the one in between as a whole; none when nothing held it, or when it was let
    -- go before this was kept.
    ADD COLUMN let_go_by       uuid REFERENCES connection_steps,
    ADD COLUMN let_go_by_party uuid REFERENCES party_steps,
    ADD CONSTRAINT deliveries_let_go_once CHECK (let_go_by IS NULL OR let_go_by_party IS NULL);
CREATE INDEX deliveries_let_go ON deliveries (COALESCE(let_go_by, let_go_by_party)) WHERE let_go_by IS NOT NULL OR let_go_by_party IS NOT NULL;

-- Who decides about connections sees how many, and nothing of them. Runs with the rights of the owner, so it asks for the role.
CREATE POLICY of_owner_let_go ON deliveries FOR SELECT TO cims_owner
    USING ((let_go_by IS NOT NULL OR let_go_by_party IS NOT NULL) AND cims_governs());
CREATE FUNCTION let_go_by_step(step uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT count(*) FROM deliveries
          WHERE COALESCE(let_go_by, let_go_by_party) = step AND (let_go_by IS NOT NULL OR let_go_by_party IS NOT NULL) AND cims_governs() $$;
REVOKE ALL ON FUNCTION let_go_by_step(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION let_go_by_step(uuid) TO cims_portal;

RESET ROLE;
