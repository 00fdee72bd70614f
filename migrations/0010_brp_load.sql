-- What a load of the BRP copy needs besides: statistics of its staging table, and the lines it refused.
SET LOCAL ROLE cims_owner;

ALTER TABLE brp_loads ADD COLUMN refused_lines bigint[] NOT NULL DEFAULT '{}';

-- Only an owner may ANALYZE; without it the planner takes a freshly filled table for an empty one.
CREATE FUNCTION brp_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ BEGIN ANALYZE brp_staging; END $$;
CREATE FUNCTION brp_analyze_lists() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ BEGIN ANALYZE brp_lists; END $$;
GRANT EXECUTE ON FUNCTION brp_analyze(), brp_analyze_lists() TO cims_worker;

RESET ROLE;
