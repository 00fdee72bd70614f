-- Of which day a set of the BRP is, and its number, by its name: sets are taken in that order, and the copy is as old as the
-- set that was taken last, not as its load (issue of SFTP and the BRP; docs/brp-bestand.md).
SET LOCAL ROLE cims_owner;

ALTER TABLE brp_loads
    ADD COLUMN set_day    date,
    -- Counts the sets, over the days.
    ADD COLUMN set_number integer,
    ADD CONSTRAINT brp_loads_number_of_day CHECK (set_number IS NULL OR set_day IS NOT NULL);

RESET ROLE;
