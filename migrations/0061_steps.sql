-- The only steps between the states of a delivery (security §3), drawn in docs/states.md; a test compares the two. What a
-- delivery put into the register can be withdrawn, never thrown away.
SET LOCAL ROLE cims_owner;

CREATE FUNCTION delivery_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stored boolean := OLD.progress > 0 AND (NOT OLD.preview OR OLD.submitted_at IS NOT NULL);
BEGIN
    IF NOT (CASE OLD.state || ' -> ' || NEW.state
        WHEN 'received -> checking' THEN true
        WHEN 'received -> storing' THEN true
        WHEN 'complete -> checking' THEN true
        WHEN 'complete -> storing' THEN true
        WHEN 'checking -> preview' THEN true
        WHEN 'checking -> storing' THEN true
        WHEN 'checking -> parked' THEN true
        WHEN 'checking -> done' THEN true
        WHEN 'preview -> received' THEN true
        WHEN 'preview -> storing' THEN true
        WHEN 'preview -> discarded' THEN true
        WHEN 'storing -> received' THEN NOT stored
        WHEN 'storing -> parked' THEN true
        WHEN 'storing -> done' THEN true
        WHEN 'parked -> complete' THEN NOT stored
        WHEN 'parked -> storing' THEN true
        WHEN 'parked -> discarded' THEN NOT stored
        WHEN 'parked -> done' THEN stored
        WHEN 'done -> withdrawn' THEN true
        WHEN 'withdrawn -> done' THEN true
        ELSE false END) THEN
        RAISE EXCEPTION 'a delivery that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deliveries_steps', TABLE = 'deliveries';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deliveries_steps BEFORE UPDATE OF state ON deliveries FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION delivery_step();

-- Up to which row it is in the register: what a preview judged is not.
CREATE OR REPLACE FUNCTION parked_deliveries()
    RETURNS TABLE (id uuid, party_id uuid, intermediary_id uuid, channel text, received_at timestamptz, file_size bigint,
                   strange text[], why text, rows_stored integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT d.id, d.party_id, d.intermediary_id, d.channel, d.received_at, d.file_size, d.strange, d.parked_reason,
                 CASE WHEN NOT d.preview OR d.submitted_at IS NOT NULL THEN d.progress ELSE 0 END
          FROM deliveries d WHERE d.state = 'parked' AND cims_role() IN ('privacycoordinator', 'rivm-beheer', 'rivm-beoordelaar')
          ORDER BY d.seq $$;

RESET ROLE;
