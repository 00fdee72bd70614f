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

-- A form that was sent when the session had ended: its sender finds it after logging in again (ux §1). Sealed, of one user
-- working for one party (or for RIVM), 24 hours.
CREATE TABLE kept_forms (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users,
    party_id   uuid REFERENCES parties,
    sealed     bytea NOT NULL,
    kept_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours'
);
CREATE INDEX kept_forms_of_user ON kept_forms (user_id, kept_at DESC);
CREATE INDEX kept_forms_old ON kept_forms (expires_at);
ALTER TABLE kept_forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_forms FORCE ROW LEVEL SECURITY;
CREATE POLICY of_user ON kept_forms TO cims_portal
    USING (user_id = cims_actor() AND party_id IS NOT DISTINCT FROM cims_party())
    WITH CHECK (user_id = cims_actor() AND party_id IS NOT DISTINCT FROM cims_party());
CREATE POLICY of_worker ON kept_forms TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON kept_forms TO cims_portal;
GRANT SELECT, UPDATE, DELETE ON kept_forms TO cims_worker;

RESET ROLE;
