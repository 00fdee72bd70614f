-- What a party writes for any code may be kept, as a name of a product was (features F52, F-X9). Decisions of before say nothing
-- of it: those about a name of a product are kept.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    ADD COLUMN kept boolean,
    DROP CONSTRAINT decisions_days_of_names,
    ADD CONSTRAINT decisions_days_of_kept CHECK (COALESCE(kept, kind = 'map' AND cluster_column = 'vaccin') OR first_day IS NULL AND last_day IS NULL);

RESET ROLE;
