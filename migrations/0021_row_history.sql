-- What a refused row said before somebody mended it: nothing that was delivered is lost (security G3). Values sealed
-- under the key of the row as it stood then; none of a person who turns out to have given no consent.
SET LOCAL ROLE cims_owner;

CREATE TABLE row_history (
    party_id    uuid NOT NULL REFERENCES parties,
    delivery_id uuid NOT NULL REFERENCES deliveries,
    row_number  integer NOT NULL,
    row_id      uuid NOT NULL,
    raw_sealed  bytea,
    outcome     text NOT NULL,
    findings    jsonb NOT NULL DEFAULT '[]',
    mended_by   uuid NOT NULL REFERENCES users,
    mended_at   timestamptz NOT NULL,
    CONSTRAINT row_history_pk PRIMARY KEY (party_id, delivery_id, row_number, row_id)
);
ALTER TABLE row_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE row_history FORCE ROW LEVEL SECURITY;
CREATE POLICY of_party ON row_history FOR SELECT TO cims_portal USING (party_id = cims_party());
CREATE POLICY of_staff ON row_history FOR SELECT TO cims_portal USING (cims_reviews());
CREATE POLICY of_worker ON row_history TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT ON row_history TO cims_portal;
GRANT SELECT, INSERT, UPDATE ON row_history TO cims_worker;

RESET ROLE;
