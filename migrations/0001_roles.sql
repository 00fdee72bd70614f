-- Roles and the small functions every policy uses.
-- cims_owner owns everything and serves no request; cims_portal reads for people, cims_worker writes the
-- register, cims_log is the logbeheerder. A cluster is shared by many databases (tests), so creation is guarded.
DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['cims_owner', 'cims_portal', 'cims_worker', 'cims_log'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                -- The owner inherits: as owner of its database it is the owner of schema public.
                EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS',
                               wanted, CASE WHEN wanted = 'cims_owner' THEN 'NOLOGIN INHERIT' ELSE 'LOGIN NOINHERIT' END);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database was just faster
            END;
        END IF;
    END LOOP;
END
$roles$;

-- Only a superuser (or the owner of the database) runs this file; from here on everything belongs to cims_owner.
DO $owner$
BEGIN
    IF current_user <> 'cims_owner' THEN
        EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO cims_owner', current_database());
        ALTER SCHEMA public OWNER TO cims_owner;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO cims_owner, cims_portal, cims_worker, cims_log', current_database());
END
$owner$;

SET LOCAL ROLE cims_owner;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cims_portal, cims_worker, cims_log;
ALTER DEFAULT PRIVILEGES FOR ROLE cims_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- An unset variable reads '' after a SET LOCAL (security L21), hence NULLIF.
CREATE FUNCTION cims_party() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('cims.party', true), '')::uuid $$;
CREATE FUNCTION cims_actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('cims.actor', true), '')::uuid $$;
CREATE FUNCTION cims_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT COALESCE(current_setting('cims.role', true), '') $$;
-- Staff that judges rows of all parties.
CREATE FUNCTION cims_reviews() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT cims_role() IN ('rivm-beoordelaar', 'rivm-beheer') $$;
-- Staff that manages or approves parties.
CREATE FUNCTION cims_governs() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT cims_role() IN ('rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor') $$;
GRANT EXECUTE ON FUNCTION cims_party(), cims_actor(), cims_role(), cims_reviews(), cims_governs()
    TO cims_portal, cims_worker, cims_log;

-- Raises on whatever a table forbids for ever.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;

RESET ROLE;
