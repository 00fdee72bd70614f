-- Rows that RIVM refused for good are news to their institution until somebody of it opened the page that says why (features F54): up
-- to and including this moment of refusing. What was refused before this is news for its two weeks.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries ADD COLUMN rejected_seen timestamptz;

RESET ROLE;
