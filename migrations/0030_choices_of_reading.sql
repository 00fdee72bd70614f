-- What the sender chose about the reading of a workbook: the sheet (rule A16), and hidden rows taken along.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries ADD COLUMN sheet integer;
ALTER TABLE deliveries ADD COLUMN with_hidden boolean NOT NULL DEFAULT false;

RESET ROLE;
