-- A row whose person RIVM found may get another value too: a version more under the same link. A second effect of a row still
-- begins at version 1.
SET LOCAL ROLE cims_owner;

DROP INDEX reports_row_once_linked;
CREATE UNIQUE INDEX reports_row_once_linked ON reports (party_id, delivery_id, row_number, link_id, version) WHERE link_id IS NOT NULL;

RESET ROLE;
