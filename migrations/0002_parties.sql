-- Who delivers, who works there, and through which channel a party may deliver.
SET LOCAL ROLE cims_owner;

CREATE TABLE parties (
    id                   uuid PRIMARY KEY,
    code                 text NOT NULL,
    name                 text NOT NULL,
    kind                 text NOT NULL,
    status               text NOT NULL DEFAULT 'requested',
    -- What the profile fills when a row leaves it empty (specification §2, V2 and V3).
    default_target_group text,
    default_agb          text,
    default_big          text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parties_code_unique UNIQUE (code),
    CONSTRAINT parties_code_form CHECK (code ~ '^[A-Z0-9]{2,20}$'),
    CONSTRAINT parties_kind_known CHECK (kind IN ('verpleeghuis', 'ziekenhuis', 'huisarts', 'arbodienst', 'ggd', 'instelling', 'tussenpartij', 'rivm')),
    CONSTRAINT parties_status_known CHECK (status IN ('requested', 'active', 'suspended', 'ended')),
    CONSTRAINT parties_agb_form CHECK (default_agb ~ '^[0-9]{8}$'),
    CONSTRAINT parties_big_form CHECK (default_big ~ '^[0-9]{11}$')
);
ALTER TABLE parties ENABLE ROW LEVEL SECURITY;
ALTER TABLE parties FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON parties FOR SELECT TO cims_portal USING (id = cims_party());
CREATE POLICY of_staff ON parties FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON parties TO cims_worker USING (true) WITH CHECK (true);

CREATE TABLE party_agb (
    party_id   uuid NOT NULL REFERENCES parties,
    agb        text NOT NULL,
    valid_from date NOT NULL DEFAULT '2021-01-01',
    valid_to   date,
    CONSTRAINT party_agb_pk PRIMARY KEY (party_id, agb, valid_from),
    CONSTRAINT party_agb_form CHECK (agb ~ '^[0-9]{8}$' AND agb <> '00000000')
);
ALTER TABLE party_agb ENABLE ROW LEVEL SECURITY;
ALTER TABLE party_agb FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON party_agb FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON party_agb FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON party_agb TO cims_worker USING (true) WITH CHECK (true);

-- A person who logs in: (issuer, subject) and never anything else.
CREATE TABLE users (
    id          uuid PRIMARY KEY,
    issuer      text NOT NULL,
    subject     text NOT NULL,
    name        text NOT NULL,
    -- The responsible professional, when the user is one (fills big_nummer).
    big         text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    CONSTRAINT users_issuer_subject_unique UNIQUE (issuer, subject),
    CONSTRAINT users_big_form CHECK (big ~ '^[0-9]{11}$')
);

CREATE TABLE user_roles (
    user_id    uuid NOT NULL REFERENCES users,
    party_id   uuid REFERENCES parties,
    role       text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    granted_by uuid REFERENCES users,
    ended_at   timestamptz,
    CONSTRAINT user_roles_known CHECK (role IN ('invoerder', 'instellingsbeheerder', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor')),
    -- Delivering belongs to an institution, judging to RIVM: no role does both.
    CONSTRAINT user_roles_party_fits_role CHECK ((role IN ('invoerder', 'instellingsbeheerder')) = (party_id IS NOT NULL))
);
CREATE UNIQUE INDEX user_roles_once ON user_roles (user_id, party_id, role) NULLS NOT DISTINCT WHERE ended_at IS NULL;
CREATE INDEX user_roles_party ON user_roles (party_id) WHERE ended_at IS NULL;
ALTER TABLE user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON user_roles FOR SELECT TO cims_portal USING (party_id = cims_party());
-- One's own memberships, to choose from before a party is chosen.
CREATE POLICY of_actor ON user_roles FOR SELECT TO cims_portal USING (user_id = cims_actor());
CREATE POLICY of_staff ON user_roles FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON user_roles TO cims_worker USING (true) WITH CHECK (true);

-- The party of a membership, by name, while choosing: own memberships only.
CREATE POLICY of_member ON parties FOR SELECT TO cims_portal
    USING (EXISTS (SELECT FROM user_roles r WHERE r.party_id = parties.id AND r.user_id = cims_actor() AND r.ended_at IS NULL));

CREATE TABLE locations (
    id         uuid PRIMARY KEY,
    party_id   uuid NOT NULL REFERENCES parties,
    name       text NOT NULL,
    place      text,
    ended_at   timestamptz,
    CONSTRAINT locations_name_unique UNIQUE (party_id, name)
);
ALTER TABLE locations ENABLE ROW LEVEL SECURITY;
ALTER TABLE locations FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON locations FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_worker ON locations TO cims_worker USING (true) WITH CHECK (true);

-- party × intermediary × channel, each approved by the privacycoördinator, never by who asked for it (security G18).
CREATE TABLE connections (
    id              uuid PRIMARY KEY,
    party_id        uuid NOT NULL REFERENCES parties,
    intermediary_id uuid REFERENCES parties,
    channel         text NOT NULL,
    state           text NOT NULL DEFAULT 'requested',
    requested_by    uuid REFERENCES users,
    requested_at    timestamptz NOT NULL DEFAULT now(),
    decided_by      uuid REFERENCES users,
    decided_at      timestamptz,
    CONSTRAINT connections_channel_known CHECK (channel IN ('portaal', 'upload', 'sftp', 'zorgmail', 'ggd', 'lsp', 'papier')),
    CONSTRAINT connections_state_known CHECK (state IN ('requested', 'approved', 'refused', 'suspended', 'ended')),
    CONSTRAINT connections_decided CHECK (state = 'requested' OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT connections_four_eyes CHECK (decided_by IS DISTINCT FROM requested_by OR decided_by IS NULL)
);
CREATE UNIQUE INDEX connections_once ON connections (party_id, intermediary_id, channel) NULLS NOT DISTINCT
    WHERE state IN ('requested', 'approved', 'suspended');
ALTER TABLE connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE connections FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON connections FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON connections FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON connections TO cims_worker USING (true) WITH CHECK (true);

GRANT SELECT ON parties, party_agb, users, user_roles, locations, connections TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON parties, party_agb, users, user_roles, locations, connections TO cims_worker;

RESET ROLE;
