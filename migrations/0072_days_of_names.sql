-- The days of a name that a party uses for a product (features F88, F-X9): it holds for jabs of these days, whenever they are
-- delivered. Without a day there is no bound.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    ADD COLUMN first_day date,
    ADD COLUMN last_day  date,
    ADD CONSTRAINT decisions_days_in_order CHECK (first_day <= last_day),
    ADD CONSTRAINT decisions_days_of_names CHECK (kind = 'map' AND cluster_column = 'vaccin' OR first_day IS NULL AND last_day IS NULL);

RESET ROLE;
