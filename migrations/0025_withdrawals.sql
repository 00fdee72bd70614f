-- A delivery is withdrawn as a whole, and that is undone again: never by deleting, always by versions that come after
-- (security G6). Where it takes two people, the request waits here for the second one (security G18).
SET LOCAL ROLE cims_owner;

CREATE TABLE withdrawals (
    -- Also the key of the delivery that the versions it makes belong to: every version leads to a delivery and a row.
    id            uuid PRIMARY KEY,
    party_id      uuid NOT NULL REFERENCES parties,
    -- What is withdrawn, or put back.
    delivery_id   uuid NOT NULL REFERENCES deliveries,
    -- The withdrawal that this one undoes.
    undoes        uuid REFERENCES withdrawals,
    state         text NOT NULL,
    -- As typed, sealed (associated data = id).
    reason_sealed bytea NOT NULL,
    -- Asked by RIVM, not by the party itself.
    by_rivm       boolean NOT NULL,
    four_eyes     boolean NOT NULL,
    -- Rows to go through.
    rows          integer NOT NULL,
    asked_by      uuid NOT NULL REFERENCES users,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    decided_by    uuid REFERENCES users,
    decided_at    timestamptz,
    -- Last row number gone through; moves in the transaction of its chunk, under this fence.
    progress      integer NOT NULL DEFAULT 0,
    fence         bigint NOT NULL DEFAULT 0,
    reversed      integer NOT NULL DEFAULT 0,
    kept          integer NOT NULL DEFAULT 0,
    -- The first of the rows that were kept, for the screen.
    kept_rows     integer[] NOT NULL DEFAULT '{}',
    finished_at   timestamptz,
    CONSTRAINT withdrawals_state_known CHECK (state IN ('asked', 'rejected', 'called_back', 'running', 'done')),
    CONSTRAINT withdrawals_decided CHECK (state = 'asked' OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT withdrawals_four_eyes CHECK (NOT four_eyes OR state NOT IN ('running', 'done') OR decided_by <> asked_by),
    CONSTRAINT withdrawals_called_back_by_asker CHECK (state <> 'called_back' OR decided_by = asked_by)
);
-- One at a time: a second click finds the first.
CREATE UNIQUE INDEX withdrawals_one_open ON withdrawals (party_id, delivery_id) WHERE state IN ('asked', 'running');
CREATE INDEX withdrawals_of_delivery ON withdrawals (delivery_id, asked_at DESC);
CREATE INDEX withdrawals_waiting ON withdrawals (asked_at) WHERE state = 'asked';
ALTER TABLE withdrawals ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawals FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON withdrawals FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON withdrawals FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON withdrawals TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON withdrawals TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON withdrawals TO cims_worker;

ALTER TABLE reports
    -- Made by withdrawing a delivery, or by undoing that: an empty version then is no tombstone, and the row may come again.
    ADD COLUMN withdrawal_id uuid REFERENCES withdrawals,
    -- The version whose content this one repeats; it says who reported it, and when.
    ADD COLUMN restores integer;

-- The vaccination in whose place this one came, when only its sources changed.
ALTER TABLE vaccinations ADD COLUMN continues uuid;

-- Was this jab delivered again? Then withdrawing the first delivery must not take it away.
CREATE INDEX delivery_rows_doubles ON delivery_rows (vaccination_id) WHERE outcome = 'DUBBEL' AND vaccination_id IS NOT NULL;

RESET ROLE;
