-- Deliveries and the outcome of their rows (architecture §3, security F7, G2, G10).
SET LOCAL ROLE cims_owner;

CREATE TABLE deliveries (
    id              uuid PRIMARY KEY,
    -- Order of receipt; times and file dates are never used for order (security F15).
    seq             bigint GENERATED ALWAYS AS IDENTITY,
    party_id        uuid NOT NULL REFERENCES parties,
    intermediary_id uuid REFERENCES parties,
    channel         text NOT NULL,
    state           text NOT NULL DEFAULT 'received',
    outcome         text,
    -- Digits that could be a BSN are masked by the receiver.
    file_name       text,
    file_size       bigint,
    -- HMAC over the SHA-256 of the content: no unkeyed digest is kept (security G10).
    file_digest     bytea,
    digest_key      text,
    blob_id         uuid,
    format          text,
    format_info     jsonb NOT NULL DEFAULT '{}',
    -- Findings about the file; those of rows are with the rows.
    findings        jsonb NOT NULL DEFAULT '[]',
    -- The earlier delivery, when this one is DUBBEL.
    doubles         uuid REFERENCES deliveries,
    rows_read       integer NOT NULL DEFAULT 0,
    skipped         integer NOT NULL DEFAULT 0,
    geaccepteerd    integer NOT NULL DEFAULT 0,
    te_controleren  integer NOT NULL DEFAULT 0,
    afgekeurd       integer NOT NULL DEFAULT 0,
    dubbel          integer NOT NULL DEFAULT 0,
    geteld          integer NOT NULL DEFAULT 0,
    warnings        integer NOT NULL DEFAULT 0,
    repairs         integer NOT NULL DEFAULT 0,
    -- Last row number that is stored; moves in the transaction of its chunk, under this fence.
    progress        integer NOT NULL DEFAULT 0,
    fence           bigint NOT NULL DEFAULT 0,
    parser_version  text,
    ruleset_version text,
    test_lane       boolean NOT NULL DEFAULT false,
    received_at     timestamptz NOT NULL DEFAULT now(),
    received_by     uuid REFERENCES users,
    submitted_at    timestamptz,
    submitted_by    uuid REFERENCES users,
    finished_at     timestamptz,
    parked_reason   text,
    withdrawn_at    timestamptz,
    withdrawn_by    uuid REFERENCES users,
    CONSTRAINT deliveries_channel_known CHECK (channel IN ('portaal', 'upload', 'sftp', 'zorgmail', 'ggd', 'lsp', 'papier')),
    CONSTRAINT deliveries_state_known CHECK (state IN ('received', 'complete', 'checking', 'preview', 'storing', 'done', 'parked', 'withdrawn', 'discarded')),
    CONSTRAINT deliveries_outcome_known CHECK (outcome IN ('VERWERKT', 'DEELS_VERWERKT', 'GEWEIGERD', 'DUBBEL', 'LEEG')),
    CONSTRAINT deliveries_outcome_when_done CHECK (state <> 'done' OR outcome IS NOT NULL),
    CONSTRAINT deliveries_digest_keyed CHECK ((file_digest IS NULL) = (digest_key IS NULL))
);
-- The same content twice from one party is DUBBEL (A12), unless the first was refused, withdrawn or thrown away.
CREATE UNIQUE INDEX deliveries_same_content ON deliveries (party_id, digest_key, file_digest)
    WHERE file_digest IS NOT NULL AND state NOT IN ('withdrawn', 'discarded')
      AND (outcome IS NULL OR outcome NOT IN ('GEWEIGERD', 'DUBBEL'));
CREATE INDEX deliveries_of_party ON deliveries (party_id, seq DESC);
CREATE INDEX deliveries_open ON deliveries (state, seq) WHERE state NOT IN ('done', 'withdrawn', 'discarded');
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON deliveries FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON deliveries FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON deliveries TO cims_worker USING (true) WITH CHECK (true);

-- The outcome of a row. Values live sealed; findings never hold a value.
CREATE TABLE delivery_rows (
    delivery_id     uuid NOT NULL REFERENCES deliveries,
    row_number      integer NOT NULL,
    id              uuid NOT NULL,
    party_id        uuid NOT NULL,
    outcome         text NOT NULL,
    findings        jsonb NOT NULL DEFAULT '[]',
    -- What RIVM alone may know of the match (specification B10, B12, B19): codes, no values.
    staff_findings  jsonb NOT NULL DEFAULT '[]',
    match           text,
    mutation        text,
    source_key      text,
    row_digest      bytea,
    -- Sealed by the key they name; raw without columns 4-11 when there was no consent (security G5).
    raw_sealed      bytea,
    repairs_sealed  bytea,
    -- Why the sender went on although not matchable (features F39): people write names in such fields.
    reason_sealed   bytea,
    person_id       uuid,
    report_id       uuid,
    vaccination_id  uuid,
    state           text NOT NULL DEFAULT 'closed',
    decided_at      timestamptz,
    decided_by      uuid REFERENCES users,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_rows_pk PRIMARY KEY (delivery_id, row_number),
    CONSTRAINT delivery_rows_outcome_known CHECK (outcome IN ('GEACCEPTEERD', 'TE_CONTROLEREN', 'AFGEKEURD', 'DUBBEL', 'GETELD')),
    -- open: waits for somebody (sender or RIVM); the others are ends. pending: not submitted yet.
    CONSTRAINT delivery_rows_state_known CHECK (state IN ('pending', 'open', 'repaired', 'accepted', 'rejected', 'withdrawn', 'closed')),
    -- A counted row keeps nothing that leads to a person.
    CONSTRAINT delivery_rows_geteld_is_nobody CHECK (outcome <> 'GETELD'
        OR (person_id IS NULL AND report_id IS NULL AND vaccination_id IS NULL AND source_key IS NULL AND row_digest IS NULL AND reason_sealed IS NULL))
);
CREATE UNIQUE INDEX delivery_rows_id ON delivery_rows (id);
CREATE INDEX delivery_rows_to_judge ON delivery_rows (created_at DESC, delivery_id, row_number)
    WHERE state = 'open' AND outcome IN ('AFGEKEURD', 'TE_CONTROLEREN');
ALTER TABLE delivery_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON delivery_rows FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON delivery_rows FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON delivery_rows TO cims_worker USING (true) WITH CHECK (true);

GRANT SELECT ON deliveries TO cims_portal;
-- The portal reads rows, but neither what staff alone may see (that is `staff_rows`) nor links into the register.
GRANT SELECT (delivery_id, row_number, id, party_id, outcome, findings, mutation, source_key, raw_sealed, repairs_sealed,
              reason_sealed, report_id, state, decided_at, created_at) ON delivery_rows TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON deliveries, delivery_rows TO cims_worker;
-- A preview thrown away, a retention run.
GRANT DELETE ON delivery_rows TO cims_worker;

-- What staff sees besides: runs with the rights of the owner, so it asks for the role itself.
CREATE POLICY of_owner ON delivery_rows FOR SELECT TO cims_owner USING (cims_reviews());
CREATE FUNCTION staff_row_notes(row_ids uuid[])
    RETURNS TABLE (id uuid, staff_findings jsonb, match text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT r.id, r.staff_findings, r.match FROM delivery_rows r WHERE cims_reviews() AND r.id = ANY (row_ids) $$;
GRANT EXECUTE ON FUNCTION staff_row_notes(uuid[]) TO cims_portal;

RESET ROLE;
