-- What people are busy with (sessions, drafts, receipts) and what the server is busy with (jobs, outbox).
SET LOCAL ROLE cims_owner;

-- Key = SHA-256 of the id in the cookie; `id` names it on the page of one's own sessions (security §4.4).
CREATE TABLE sessions (
    id_hash       bytea PRIMARY KEY,
    id            uuid NOT NULL,
    user_id       uuid REFERENCES users,
    data          jsonb NOT NULL DEFAULT '{}',
    client        text,
    acr           text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at    timestamptz,
    revoked_reason text,
    CONSTRAINT sessions_id_unique UNIQUE (id),
    CONSTRAINT sessions_hash_size CHECK (octet_length(id_hash) = 32)
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at DESC) WHERE revoked_at IS NULL;
CREATE INDEX sessions_old ON sessions (created_at);

-- A login attempt is used once; its secrets travel in an encrypted cookie, here is only the hash of its state.
CREATE TABLE login_attempts (
    state_hash bytea PRIMARY KEY,
    issuer     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);

-- Of one user, for one party, 24 hours, sealed (associated data = id).
CREATE TABLE drafts (
    id           uuid PRIMARY KEY,
    party_id     uuid NOT NULL REFERENCES parties,
    user_id      uuid NOT NULL REFERENCES users,
    sealed       bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    submitted_at timestamptz,
    expires_at   timestamptz NOT NULL DEFAULT now() + interval '24 hours'
);
CREATE INDEX drafts_of_user ON drafts (party_id, user_id, updated_at DESC) WHERE submitted_at IS NULL;
CREATE INDEX drafts_old ON drafts (expires_at);
ALTER TABLE drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE drafts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON drafts TO cims_portal
    USING (party_id = cims_party() AND user_id = cims_actor())
    WITH CHECK (party_id = cims_party() AND user_id = cims_actor());
CREATE POLICY of_worker ON drafts TO cims_worker USING (true) WITH CHECK (true);

-- Date, vaccine, batch, place of today (features F03); no person. Gone at midnight and at logout.
CREATE TABLE remembered_defaults (
    party_id   uuid NOT NULL REFERENCES parties,
    user_id    uuid NOT NULL REFERENCES users,
    location   text NOT NULL DEFAULT '',
    day        date NOT NULL,
    content    jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT remembered_defaults_pk PRIMARY KEY (party_id, user_id, location)
);
ALTER TABLE remembered_defaults ENABLE ROW LEVEL SECURITY;
ALTER TABLE remembered_defaults FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON remembered_defaults TO cims_portal
    USING (party_id = cims_party() AND user_id = cims_actor())
    WITH CHECK (party_id = cims_party() AND user_id = cims_actor());
CREATE POLICY of_worker ON remembered_defaults TO cims_worker USING (true) WITH CHECK (true);

-- A draft submitted twice gives the same reference (features F06). No person data.
CREATE TABLE receipts (
    party_id    uuid NOT NULL REFERENCES parties,
    token       uuid NOT NULL,
    reference   text NOT NULL,
    user_id     uuid NOT NULL REFERENCES users,
    report_id   uuid,
    delivery_id uuid REFERENCES deliveries,
    outcome     text NOT NULL,
    content     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT receipts_pk PRIMARY KEY (party_id, token),
    CONSTRAINT receipts_reference_unique UNIQUE (party_id, reference)
);
ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON receipts FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_worker ON receipts TO cims_worker USING (true) WITH CHECK (true);
-- Numbers references as 2026-000123-4; says nothing about who or what.
CREATE SEQUENCE receipt_numbers;

-- Work to do (security G2): leased by a process, fenced by a counter, tried again with back-off.
CREATE TABLE jobs (
    id           uuid PRIMARY KEY,
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    kind         text NOT NULL,
    -- What it is about: a delivery, a load. One open job per kind and subject.
    subject      uuid NOT NULL,
    state        text NOT NULL DEFAULT 'queued',
    run_at       timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,
    fence        bigint NOT NULL DEFAULT 0,
    leased_by    uuid,
    lease_until  timestamptz,
    last_error   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    CONSTRAINT jobs_state_known CHECK (state IN ('queued', 'leased', 'done', 'failed')),
    CONSTRAINT jobs_leased_whole CHECK ((state = 'leased') = (leased_by IS NOT NULL AND lease_until IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_one_open ON jobs (kind, subject) WHERE state IN ('queued', 'leased');
CREATE INDEX jobs_due ON jobs (run_at, seq) WHERE state IN ('queued', 'leased');

-- Leaves after commit, at least once, with a stable id (security G14).
CREATE TABLE outbox (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    subject    uuid NOT NULL,
    content    jsonb NOT NULL DEFAULT '{}',
    attempts   integer NOT NULL DEFAULT 0,
    next_try   timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);
CREATE INDEX outbox_due ON outbox (next_try) WHERE sent_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, login_attempts, drafts, remembered_defaults TO cims_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, login_attempts, drafts, remembered_defaults TO cims_worker;
GRANT SELECT ON receipts TO cims_portal;
GRANT SELECT, INSERT ON receipts TO cims_worker;
GRANT USAGE ON SEQUENCE receipt_numbers TO cims_worker;
GRANT SELECT, INSERT, UPDATE ON jobs, outbox TO cims_worker;
-- The portal puts work in the queue (an upload, "Indienen"), never takes it out.
GRANT INSERT ON jobs TO cims_portal;

RESET ROLE;
