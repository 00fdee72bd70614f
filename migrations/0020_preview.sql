-- A file uploaded in the portal stops after checking until somebody presses "Indienen"; by command and on the other
-- channels it goes on by itself.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries ADD COLUMN preview boolean NOT NULL DEFAULT false;

RESET ROLE;
