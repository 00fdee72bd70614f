-- The register: persons, what parties reported (versioned), and what is true of a person (one row a jab).
-- Keys of the large tables begin with the person or the party, so that they can be distributed (architecture §5).
SET LOCAL ROLE cims_owner;

-- Identity within the register. With BSN: found by its MAC (security G9). Without: found by nothing but a keyed
-- hash of birth date, postcode, house number and folded name.
CREATE TABLE persons (
    id             uuid PRIMARY KEY,
    mac_key        text,
    bsn_mac        bytea,
    -- AEAD, associated data = id.
    bsn_enc        bytea,
    identity_mac   bytea,
    -- Name, birth date and address as reported, sealed; only for a person without BSN.
    identity_sealed bytea,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT persons_bsn_unique UNIQUE (mac_key, bsn_mac),
    CONSTRAINT persons_bsn_whole CHECK ((bsn_mac IS NULL) = (bsn_enc IS NULL) AND (mac_key IS NULL) = (bsn_mac IS NULL AND identity_mac IS NULL))
);
CREATE INDEX persons_identity ON persons (identity_mac) WHERE identity_mac IS NOT NULL;

-- One per jab. A change closes the row (valid_to) and opens another; nothing is overwritten (security G6).
CREATE TABLE vaccinations (
    person_id     uuid NOT NULL REFERENCES persons,
    id            uuid NOT NULL,
    vaccinated_on date NOT NULL,
    vaccine       smallint NOT NULL,
    hpk           text,
    batch         text NOT NULL,
    dose          smallint NOT NULL,
    country       text NOT NULL DEFAULT 'NL',
    target_group  text NOT NULL,
    agb           text,
    -- False while a reviewer has to decide (TE_CONTROLEREN): not in proofs, counts or LAREB returns.
    effective     boolean NOT NULL DEFAULT true,
    valid_from    timestamptz NOT NULL DEFAULT now(),
    valid_to      timestamptz,
    CONSTRAINT vaccinations_pk PRIMARY KEY (person_id, id),
    CONSTRAINT vaccinations_dose_range CHECK (dose BETWEEN 1 AND 9),
    CONSTRAINT vaccinations_time_runs CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
-- Two parties or two channels can never make two of one jab (security F9).
CREATE UNIQUE INDEX vaccinations_one_effective ON vaccinations (person_id, vaccinated_on, vaccine)
    WHERE effective AND valid_to IS NULL;
CREATE INDEX vaccinations_by_batch ON vaccinations (batch, vaccinated_on) WHERE effective AND valid_to IS NULL;

-- What one party said, version by version. `id` stays the same over the versions of one registration.
CREATE TABLE reports (
    id             uuid NOT NULL,
    version        integer NOT NULL DEFAULT 1,
    party_id       uuid NOT NULL REFERENCES parties,
    source_key     text NOT NULL,
    mutation       text NOT NULL DEFAULT 'N',
    channel        text NOT NULL,
    -- Where it came from: every effective field leads to a delivery and a row (security G3).
    delivery_id    uuid NOT NULL REFERENCES deliveries,
    row_number     integer NOT NULL,
    reference      text,
    outcome        text NOT NULL,
    person_id      uuid,
    vaccination_id uuid,
    vaccinated_on  date,
    vaccine        smallint,
    batch          text,
    dose           smallint,
    target_group   text,
    -- All columns after repair, sealed (associated data = id); NULL in a tombstone.
    content_sealed bytea,
    -- HMAC over the canonical fields: "same key, other content" (security G2, G10).
    row_digest     bytea,
    findings       jsonb NOT NULL DEFAULT '[]',
    -- Reason of a correction or withdrawal, as typed, sealed.
    reason_sealed  bytea,
    ruleset_version text,
    -- The rule set, or the person who decided.
    accepted_by    uuid REFERENCES users,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    recorded_by    uuid REFERENCES users,
    valid_from     timestamptz NOT NULL DEFAULT now(),
    valid_to       timestamptz,
    CONSTRAINT reports_pk PRIMARY KEY (id, version),
    CONSTRAINT reports_source_key_unique UNIQUE (party_id, source_key, version),
    -- One row has one effect (security G2).
    CONSTRAINT reports_row_once UNIQUE (delivery_id, row_number),
    CONSTRAINT reports_mutation_known CHECK (mutation IN ('N', 'C', 'V')),
    CONSTRAINT reports_outcome_known CHECK (outcome IN ('GEACCEPTEERD', 'TE_CONTROLEREN')),
    CONSTRAINT reports_withdrawal_is_empty CHECK (mutation <> 'V' OR content_sealed IS NULL)
);
CREATE INDEX reports_of_person ON reports (person_id) WHERE valid_to IS NULL;
CREATE INDEX reports_of_vaccination ON reports (vaccination_id) WHERE vaccination_id IS NOT NULL;
-- "Mijn registraties": newest first within a party.
CREATE INDEX reports_of_party ON reports (party_id, recorded_at DESC, id) WHERE valid_to IS NULL;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON reports FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON reports FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON reports TO cims_worker USING (true) WITH CHECK (true);

-- Without consent only counts exist: no row key, no way back to a person (domain facts §2.2).
CREATE TABLE anonymous_counts (
    party_id      uuid NOT NULL REFERENCES parties,
    vaccinated_on date NOT NULL,
    vaccine       smallint NOT NULL,
    batch         text NOT NULL,
    dose          smallint NOT NULL,
    origin        text NOT NULL,
    age_group     text NOT NULL,
    number        integer NOT NULL,
    CONSTRAINT anonymous_counts_pk PRIMARY KEY (party_id, vaccinated_on, vaccine, batch, dose, origin, age_group),
    CONSTRAINT anonymous_counts_origin_known CHECK (origin IN ('NL', 'BES', 'CAS')),
    CONSTRAINT anonymous_counts_age_known CHECK (age_group IN ('A', 'B', 'C')),
    CONSTRAINT anonymous_counts_positive CHECK (number > 0)
);
ALTER TABLE anonymous_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE anonymous_counts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON anonymous_counts TO cims_worker USING (true) WITH CHECK (true);

-- Against counting twice: a keyed hash of party and bronsleutel, 30 days, joined to nothing.
CREATE TABLE anonymous_keys (
    party_id   uuid NOT NULL REFERENCES parties,
    key_hash   bytea NOT NULL,
    hash_key   text NOT NULL,
    expires_on date NOT NULL,
    CONSTRAINT anonymous_keys_pk PRIMARY KEY (party_id, key_hash)
);
ALTER TABLE anonymous_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE anonymous_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON anonymous_keys TO cims_worker USING (true) WITH CHECK (true);

-- Landing place of a chunk: COPY is refused on tables with row security, so these have none and hold no party (security L20).
-- Unlogged, worker only, emptied in the transaction that uses it.
CREATE UNLOGGED TABLE chunk_rows (
    delivery_id    uuid NOT NULL,
    row_number     integer NOT NULL,
    row_id         uuid NOT NULL,
    outcome        text NOT NULL,
    findings       jsonb NOT NULL DEFAULT '[]',
    mutation       text,
    source_key     text,
    row_digest     bytea,
    content_sealed bytea,
    raw_sealed     bytea,
    repairs_sealed bytea,
    mac_key        text,
    bsn_mac        bytea,
    bsn_enc        bytea,
    identity_mac   bytea,
    identity_sealed bytea,
    new_person_id  uuid,
    new_report_id  uuid,
    new_vaccination_id uuid,
    vaccinated_on  date,
    vaccine        smallint,
    hpk            text,
    batch          text,
    dose           smallint,
    country        text,
    target_group   text,
    agb            text,
    CONSTRAINT chunk_rows_pk PRIMARY KEY (delivery_id, row_number)
);

GRANT SELECT ON reports TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON persons, vaccinations, reports, anonymous_counts, anonymous_keys TO cims_worker;
GRANT DELETE ON anonymous_keys TO cims_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON chunk_rows TO cims_worker;

RESET ROLE;
