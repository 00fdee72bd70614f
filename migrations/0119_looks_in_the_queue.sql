-- The queue says of its rows which colleague has them open (features F51): of the rows of one page, by their keys.
SET LOCAL ROLE cims_owner;

CREATE FUNCTION staff_row_looks(row_ids uuid[], of_user uuid, since timestamptz)
    RETURNS TABLE (row_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT l.row_id, u.name FROM row_looks l JOIN users u ON u.id = l.user_id
        WHERE cims_reviews() AND l.row_id = ANY (row_ids) AND l.user_id <> of_user AND l.seen_at > since
        ORDER BY u.name
    $$;
REVOKE ALL ON FUNCTION staff_row_looks(uuid[], uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_row_looks(uuid[], uuid, timestamptz) TO cims_portal;

RESET ROLE;
