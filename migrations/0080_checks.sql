-- Questions to the BRP that were outside the budgets (security §4.6): rows that are mended on the screen ask too, and
-- mismatches of files are counted per party. Both in sets, nothing per row of a file.
SET LOCAL ROLE cims_owner;

ALTER TABLE brp_checks
    -- Keyed digest of BSN and birth date, for a day: who mends a row asks about the same person more than once, and pays once.
    ADD COLUMN question bytea,
    -- The question stood in the file, and was not typed on the screen: it counts for its party as the file does.
    ADD COLUMN of_file boolean NOT NULL DEFAULT false;
CREATE INDEX brp_checks_question ON brp_checks (user_id, question) WHERE question IS NOT NULL;
CREATE INDEX brp_checks_forget ON brp_checks (checked_at) WHERE question IS NOT NULL;
GRANT UPDATE (question) ON brp_checks TO cims_worker;

-- How many rows of a file were held against the BRP, and how many of them matched.
CREATE TABLE brp_file_checks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id   uuid NOT NULL REFERENCES parties,
    asked      integer NOT NULL,
    matched    integer NOT NULL,
    -- With this file too many did not: RIVM was told, and counting began anew.
    alarm      boolean NOT NULL DEFAULT false,
    checked_at timestamptz NOT NULL,
    CONSTRAINT brp_file_checks_some CHECK (matched BETWEEN 0 AND asked)
);
CREATE INDEX brp_file_checks_party ON brp_file_checks (party_id, id DESC);
ALTER TABLE brp_file_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE brp_file_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON brp_file_checks TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON brp_file_checks TO cims_worker;

RESET ROLE;
