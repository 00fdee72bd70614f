-- The list of a round through a ward: BSN and birth date of whom somebody is going to vaccinate (features F05).
-- One of each user at each party, 24 hours, sealed (associated data = user).
SET LOCAL ROLE cims_owner;

CREATE TABLE worklists (
    party_id   uuid NOT NULL REFERENCES parties,
    user_id    uuid NOT NULL REFERENCES users,
    sealed     bytea NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    CONSTRAINT worklists_pk PRIMARY KEY (party_id, user_id)
);
CREATE INDEX worklists_old ON worklists (expires_at);
ALTER TABLE worklists ENABLE ROW LEVEL SECURITY;
ALTER TABLE worklists FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON worklists TO cims_portal
    USING (party_id = cims_party() AND user_id = cims_actor())
    WITH CHECK (party_id = cims_party() AND user_id = cims_actor());
CREATE POLICY of_worker ON worklists TO cims_worker USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON worklists TO cims_portal;
GRANT SELECT, DELETE ON worklists TO cims_worker;

RESET ROLE;
