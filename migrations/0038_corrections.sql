-- RIVM corrects or withdraws a registration when its institution asks for it (features F53): the request is kept, and a
-- second person agrees (security G18). What changes is the institution's own registration, by a version more.
SET LOCAL ROLE cims_owner;

CREATE TABLE corrections (
    id             uuid PRIMARY KEY,
    party_id       uuid NOT NULL REFERENCES parties,
    -- The registration, and the version that was seen.
    report_id      uuid NOT NULL,
    version        integer NOT NULL,
    person_id      uuid NOT NULL REFERENCES persons,
    -- What is to stand there, sealed (associated data = id); nothing when it is withdrawn.
    content_sealed bytea,
    -- Who of the institution asked, when and how; sealed (associated data = id).
    request_sealed bytea NOT NULL,
    state          text NOT NULL DEFAULT 'draft',
    asked_by       uuid NOT NULL REFERENCES users,
    asked_at       timestamptz NOT NULL,
    decided_by     uuid REFERENCES users,
    decided_at     timestamptz,
    CONSTRAINT corrections_state_known CHECK (state IN ('draft', 'asked', 'rejected', 'called_back', 'done')),
    CONSTRAINT corrections_decided CHECK (state IN ('draft', 'asked') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT corrections_four_eyes CHECK (state <> 'done' OR decided_by <> asked_by)
);
-- One at a time about a registration.
CREATE UNIQUE INDEX corrections_one_open ON corrections (party_id, report_id) WHERE state = 'asked';
CREATE INDEX corrections_of_person ON corrections (person_id, asked_at DESC);
CREATE INDEX corrections_waiting ON corrections (asked_at) WHERE state = 'asked';
ALTER TABLE corrections ENABLE ROW LEVEL SECURITY;
ALTER TABLE corrections FORCE ROW LEVEL SECURITY;
-- A party reads what was done at its request, no more.
CREATE POLICY of_party ON corrections FOR SELECT TO cims_portal USING (party_id = cims_party() AND state = 'done');
CREATE POLICY of_staff ON corrections FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON corrections TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON corrections TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON corrections TO cims_worker;

RESET ROLE;
