-- The local copy of the BRP (docs/brp-bestand.md), its loads, and the budgets on asking it (security §4.6).
-- The portal role reads none of it: deliverers learn only "te koppelen" or "niet te koppelen".
SET LOCAL ROLE cims_owner;

CREATE TABLE brp_loads (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    state         text NOT NULL DEFAULT 'staging',
    file_name     text NOT NULL,
    -- Keyed, as every digest of personal content; a load that stopped is taken up again by it.
    file_digest   bytea NOT NULL,
    digest_key    text NOT NULL,
    rows_staged   bigint NOT NULL DEFAULT 0,
    rows_refused  bigint NOT NULL DEFAULT 0,
    rows_new      bigint,
    rows_changed  bigint,
    rows_gone     bigint,
    persons_after bigint,
    reason        text,
    started_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    CONSTRAINT brp_loads_kind_known CHECK (kind IN ('full', 'delta')),
    CONSTRAINT brp_loads_state_known CHECK (state IN ('staging', 'done', 'refused', 'failed'))
);
CREATE UNIQUE INDEX brp_loads_one_at_a_time ON brp_loads ((true)) WHERE state = 'staging';
CREATE INDEX brp_loads_done ON brp_loads (finished_at DESC) WHERE state = 'done';

-- One row a persoonslijst. A BSN may stand on two lists; dates are as delivered, jjjjmmdd with 00 for unknown.
CREATE TABLE brp_lists (
    pl_id             text NOT NULL,
    mac_key           text,
    bsn_mac           bytea,
    -- AEAD, associated data = pl_id.
    bsn_enc           bytea,
    given_names       text,
    prefix            text,
    surname           text,
    partner_prefix    text,
    partner_surname   text,
    birth_date        text,
    sex               text,
    postcode          text,
    house_number      integer,
    house_letter      text,
    house_addition    text,
    street            text,
    town              text,
    suspension_reason text,
    suspension_date   text,
    death_date        text,
    secret            boolean NOT NULL DEFAULT false,
    content_digest    bytea NOT NULL,
    load_id           uuid NOT NULL REFERENCES brp_loads,
    CONSTRAINT brp_lists_pk PRIMARY KEY (pl_id),
    CONSTRAINT brp_lists_bsn_whole CHECK ((bsn_mac IS NULL) = (bsn_enc IS NULL) AND (bsn_mac IS NULL) = (mac_key IS NULL)),
    CONSTRAINT brp_lists_birth_form CHECK (birth_date ~ '^[0-9]{8}$'),
    CONSTRAINT brp_lists_reason_known CHECK (suspension_reason IN ('O', 'E', 'M', 'R', 'F', 'W', '.'))
);
CREATE INDEX brp_lists_bsn ON brp_lists (bsn_mac) WHERE bsn_mac IS NOT NULL;
-- For a person without BSN (B14).
CREATE INDEX brp_lists_address ON brp_lists (postcode, house_number, birth_date) WHERE postcode IS NOT NULL;

CREATE UNLOGGED TABLE brp_staging (
    load_id           uuid NOT NULL,
    line              bigint NOT NULL,
    pl_id             text NOT NULL,
    mac_key           text,
    bsn_mac           bytea,
    bsn_enc           bytea,
    given_names       text,
    prefix            text,
    surname           text,
    partner_prefix    text,
    partner_surname   text,
    birth_date        text,
    sex               text,
    postcode          text,
    house_number      integer,
    house_letter      text,
    house_addition    text,
    street            text,
    town              text,
    suspension_reason text,
    suspension_date   text,
    death_date        text,
    secret            boolean NOT NULL,
    content_digest    bytea NOT NULL
);

-- Each question of a person to the BRP: budgets and the alarm on many mismatches are counted here.
CREATE TABLE brp_checks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users,
    party_id   uuid NOT NULL REFERENCES parties,
    matched    boolean NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX brp_checks_user ON brp_checks (user_id, checked_at DESC);
CREATE INDEX brp_checks_party ON brp_checks (party_id, checked_at DESC);
ALTER TABLE brp_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE brp_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON brp_checks TO cims_worker USING (true) WITH CHECK (true);

CREATE TABLE brp_blocks (
    user_id    uuid NOT NULL REFERENCES users,
    blocked_at timestamptz NOT NULL DEFAULT now(),
    lifted_at  timestamptz,
    lifted_by  uuid REFERENCES users,
    CONSTRAINT brp_blocks_pk PRIMARY KEY (user_id, blocked_at)
);

GRANT SELECT, INSERT, UPDATE ON brp_loads TO cims_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON brp_lists TO cims_worker;
GRANT SELECT, INSERT, DELETE, TRUNCATE ON brp_staging TO cims_worker;
GRANT SELECT, INSERT, DELETE ON brp_checks TO cims_worker;
GRANT SELECT, INSERT, UPDATE ON brp_blocks TO cims_worker;

RESET ROLE;
