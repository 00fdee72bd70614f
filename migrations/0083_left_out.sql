-- Rows that were left out by themselves, because the database or the program cannot take them (security F22): RIVM-beheer sees them.
SET LOCAL ROLE cims_owner;

CREATE TABLE rows_left_out (
    party_id    uuid NOT NULL REFERENCES parties,
    delivery_id uuid NOT NULL REFERENCES deliveries,
    -- Of a withdrawal: the row of the delivery whose followers wait on.
    row_number  integer NOT NULL,
    -- A code of ours; no value of a row.
    why         text NOT NULL,
    left_at     timestamptz NOT NULL,
    CONSTRAINT rows_left_out_pk PRIMARY KEY (party_id, delivery_id, row_number)
);
CREATE INDEX rows_left_out_newest ON rows_left_out (left_at);
ALTER TABLE rows_left_out ENABLE ROW LEVEL SECURITY;
ALTER TABLE rows_left_out FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON rows_left_out TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON rows_left_out TO cims_worker;

RESET ROLE;
