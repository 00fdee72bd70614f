-- Registrations are found by their delivery, row by row (a withdrawal goes through them so): since links have versions, the index
-- on both held plain rows only, and none was used. One for all rows, each version and link once.
SET LOCAL ROLE cims_owner;

DROP INDEX reports_row_once;
CREATE UNIQUE INDEX reports_row_once ON reports (delivery_id, row_number, version, link_id, unlink_id) NULLS NOT DISTINCT;

RESET ROLE;
