-- The SFTP drop box (specification §8, security §5): accounts of installations, what they put down, and what lies ready
-- for them in `uit/`. Names and states live here, never in a path: any node can serve any account.
SET LOCAL ROLE cims_owner;

-- That a process lives: it holds a shared advisory lock of its boot id (see jobs/life.rs; 1128877395 is "CIMS").
CREATE FUNCTION process_lives(boot uuid) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT FROM pg_locks
                         WHERE locktype = 'advisory' AND granted AND classid = 1128877395::oid AND objid = hashtext(boot::text)::oid
                           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) $$;
GRANT EXECUTE ON FUNCTION process_lives(uuid) TO cims_worker;

CREATE TABLE sftp_accounts (
    id                    uuid PRIMARY KEY,
    -- Whose rows it brings, and who runs the installation.
    party_id              uuid NOT NULL REFERENCES parties,
    intermediary_id       uuid REFERENCES parties,
    -- The name to log in with: one for the whole server, so it is not unique per party.
    name                  text NOT NULL,
    -- As in the names of its files.
    installation          text NOT NULL,
    proof                 text NOT NULL,
    -- Argon2id. During a change two passwords are valid, at most 7 days (security G17).
    password_hash         text,
    password_before       text,
    password_before_until timestamptz,
    -- OpenSSH lines, without comment.
    public_keys           text[] NOT NULL DEFAULT '{}',
    -- Where from; empty is anywhere.
    sources               cidr[] NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now(),
    last_login_at         timestamptz,
    ended_at              timestamptz,
    CONSTRAINT sftp_accounts_name_unique UNIQUE (name),
    CONSTRAINT sftp_accounts_name_form CHECK (name ~ '^[a-z][a-z0-9-]{2,31}$'),
    CONSTRAINT sftp_accounts_installation_form CHECK (installation ~ '^[A-Za-z0-9-]{1,32}$'),
    CONSTRAINT sftp_accounts_proof_known CHECK (proof IN ('rename', 'control', 'trailer', 'quiet')),
    CONSTRAINT sftp_accounts_before_ends CHECK ((password_before IS NULL) = (password_before_until IS NULL))
);
CREATE UNIQUE INDEX sftp_accounts_installation ON sftp_accounts (party_id, installation) WHERE ended_at IS NULL;
ALTER TABLE sftp_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE sftp_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON sftp_accounts FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON sftp_accounts FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON sftp_accounts TO cims_worker USING (true) WITH CHECK (true);
-- Nobody who serves pages reads a hash.
GRANT SELECT (id, party_id, intermediary_id, name, installation, proof, sources, created_at, last_login_at, ended_at) ON sftp_accounts TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON sftp_accounts TO cims_worker;

-- Failed logins, per account and address (security §5.2). No account: names we do not know. Survives a restart.
CREATE TABLE sftp_penalties (
    account_id   uuid REFERENCES sftp_accounts,
    address      text NOT NULL,
    score        integer NOT NULL DEFAULT 0,
    since        timestamptz NOT NULL DEFAULT now(),
    bans         integer NOT NULL DEFAULT 0,
    banned_until timestamptz
);
CREATE UNIQUE INDEX sftp_penalties_once ON sftp_penalties (account_id, address) NULLS NOT DISTINCT;
GRANT SELECT, INSERT, UPDATE, DELETE ON sftp_penalties TO cims_worker;

-- What was put down and is not a delivery yet. Its key is that of its raw file, and of the delivery it becomes.
CREATE TABLE sftp_uploads (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES sftp_accounts,
    party_id      uuid NOT NULL REFERENCES parties,
    -- As it is called now.
    name          text NOT NULL,
    -- open: bytes come in. closed: whole on disk, nobody proved that it is all. taken: a delivery. void: never counted.
    state         text NOT NULL DEFAULT 'open',
    size          bigint NOT NULL DEFAULT 0,
    -- SHA-256 of the content: sealed for the receipt (associated data = id), no plain digest is kept (security G10).
    sha256_sealed bytea,
    -- What its last bytes tell: the promise of `#EINDE;<n>`, and whether the last line is ended.
    trailer       integer,
    ended         boolean NOT NULL DEFAULT false,
    -- The process that has it open; when that is gone, so is the upload.
    process       uuid NOT NULL,
    opened_at     timestamptz NOT NULL DEFAULT now(),
    closed_at     timestamptz,
    gone_at       timestamptz,
    -- Why it never counted.
    why           text,
    CONSTRAINT sftp_uploads_state_known CHECK (state IN ('open', 'closed', 'taken', 'void')),
    CONSTRAINT sftp_uploads_closed CHECK (state IN ('open', 'void') OR (closed_at IS NOT NULL AND sha256_sealed IS NOT NULL)),
    CONSTRAINT sftp_uploads_gone CHECK ((state IN ('taken', 'void')) = (gone_at IS NOT NULL)),
    CONSTRAINT sftp_uploads_void_has_reason CHECK ((state = 'void') = (why IS NOT NULL)),
    CONSTRAINT sftp_uploads_why_known CHECK (why IN ('broken-off', 'replaced', 'removed', 'too-large', 'out-of-order', 'disk', 'no-proof', 'control-file'))
);
CREATE UNIQUE INDEX sftp_uploads_name ON sftp_uploads (account_id, name) WHERE state IN ('open', 'closed');
CREATE INDEX sftp_uploads_waiting ON sftp_uploads (opened_at) WHERE state IN ('open', 'closed');
ALTER TABLE sftp_uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE sftp_uploads FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON sftp_uploads FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON sftp_uploads FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON sftp_uploads TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT (id, account_id, party_id, name, state, size, opened_at, closed_at, gone_at, why) ON sftp_uploads TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON sftp_uploads TO cims_worker;

ALTER TABLE deliveries
    ADD COLUMN account_id    uuid REFERENCES sftp_accounts,
    -- As its name says: the day it is of, and its number within the installation.
    ADD COLUMN file_day      date,
    ADD COLUMN file_sequence integer,
    -- Rows its control file promises (rule A14).
    ADD COLUMN promised_rows integer;
CREATE INDEX deliveries_of_account ON deliveries (account_id, seq DESC) WHERE account_id IS NOT NULL;

-- Answer files (specification §7), sealed like raw files; the key is that of the file.
CREATE TABLE answer_files (
    id          uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES deliveries,
    party_id    uuid NOT NULL REFERENCES parties,
    account_id  uuid NOT NULL REFERENCES sftp_accounts,
    kind        text NOT NULL,
    name        text NOT NULL,
    size        bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    fetched_at  timestamptz,
    -- Removed by the sender, or another answer took the name.
    hidden_at   timestamptz,
    CONSTRAINT answer_files_kind_known CHECK (kind IN ('ontvangst', 'resultaat-csv', 'resultaat-json')),
    CONSTRAINT answer_files_once UNIQUE (delivery_id, kind)
);
CREATE UNIQUE INDEX answer_files_name ON answer_files (account_id, name) WHERE hidden_at IS NULL;
ALTER TABLE answer_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE answer_files FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON answer_files FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON answer_files FOR SELECT TO cims_portal USING (cims_governs());
CREATE POLICY of_worker ON answer_files TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON answer_files TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON answer_files TO cims_worker;
-- A file whose days are over.
GRANT DELETE ON answer_files TO cims_worker;

RESET ROLE;
