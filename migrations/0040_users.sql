-- An institution manages its own users (features F86): it invites by a code that somebody enters at a first login, ends an
-- access, and gives one back that was not used for 90 days.
SET LOCAL ROLE cims_owner;

-- Last login of the user while the role was in force; not used for 90 days, it opens nothing.
-- Who had one before this release has just used it.
ALTER TABLE user_roles ADD COLUMN last_used_at timestamptz DEFAULT now();
ALTER TABLE user_roles ALTER COLUMN last_used_at DROP DEFAULT;

CREATE TABLE invitations (
    id          uuid PRIMARY KEY,
    -- None for a role at RIVM.
    party_id    uuid REFERENCES parties,
    role        text NOT NULL,
    -- Of whom it is meant to be, as the inviter wrote it.
    name        text NOT NULL,
    -- The code: found by its keyed hash ("mac-1:9f…"), shown to the inviter from its seal (associated data = id).
    code_hash   text NOT NULL,
    code_sealed bytea,
    invited_by  uuid REFERENCES users,
    invited_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_by     uuid REFERENCES users,
    ended_at    timestamptz,
    CONSTRAINT invitations_name_short CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT invitations_role_known CHECK (role IN ('invoerder', 'instellingsbeheerder', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor')),
    CONSTRAINT invitations_party_fits_role CHECK ((role IN ('invoerder', 'instellingsbeheerder')) = (party_id IS NOT NULL)),
    -- Used or taken back, its code is gone.
    CONSTRAINT invitations_ended_without_code CHECK ((ended_at IS NULL) = (code_sealed IS NOT NULL) AND (used_by IS NULL OR ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX invitations_code ON invitations (code_hash) WHERE ended_at IS NULL;
CREATE INDEX invitations_of_party ON invitations (party_id) WHERE ended_at IS NULL;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON invitations FOR SELECT TO cims_portal USING (party_id = cims_party() AND cims_role() = 'instellingsbeheerder');
CREATE POLICY of_worker ON invitations TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT (id, party_id, role, name, code_sealed, invited_by, invited_at, expires_at, used_by, ended_at) ON invitations TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON invitations TO cims_worker;

RESET ROLE;
