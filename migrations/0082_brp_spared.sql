-- A line of a full set that is no usable list still says that the list exists: what the copy holds of it stays.
SET LOCAL ROLE cims_owner;

ALTER TABLE brp_staging ADD COLUMN usable boolean NOT NULL DEFAULT true;

RESET ROLE;
