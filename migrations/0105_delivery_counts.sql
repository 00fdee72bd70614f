-- Deliveries may be withdrawn and put back in any order: what stands of a registration is what the last of the deliveries that
-- count said of it (security G6). One that is being withdrawn counts no more, one that is being put back counts again.
SET LOCAL ROLE cims_owner;

CREATE FUNCTION delivery_counts(uuid) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT COALESCE((SELECT w.undoes IS NOT NULL FROM withdrawals w WHERE w.delivery_id = $1 AND w.state = 'running'),
                   (SELECT d.state <> 'withdrawn' FROM deliveries d WHERE d.id = $1)) $$;
GRANT EXECUTE ON FUNCTION delivery_counts(uuid) TO cims_worker;

RESET ROLE;
