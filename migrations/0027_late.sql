-- Registrations that were stored while the copy of the BRP was late (rule B13) are found again when a set arrives.
SET LOCAL ROLE cims_owner;

CREATE INDEX reports_late ON reports (id) WHERE valid_to IS NULL AND findings @> '[{"code": "B13"}]';

RESET ROLE;
