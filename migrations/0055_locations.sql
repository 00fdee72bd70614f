-- Where somebody records today, and what is remembered there (features F03).
SET LOCAL ROLE cims_owner;

-- A location that was stopped gives its name free. Nothing used the table before.
ALTER TABLE locations
    DROP CONSTRAINT locations_name_unique,
    ADD CONSTRAINT locations_name_short CHECK (char_length(name) BETWEEN 1 AND 80),
    ADD CONSTRAINT locations_place_short CHECK (char_length(place) BETWEEN 1 AND 80);
CREATE UNIQUE INDEX locations_name_once ON locations (party_id, lower(name)) WHERE ended_at IS NULL;

-- `location` is the key of a location, or empty: the institution without one. Where somebody records now is the one of
-- today and of this session that was picked last.
ALTER TABLE remembered_defaults ADD COLUMN picked_at timestamptz;
