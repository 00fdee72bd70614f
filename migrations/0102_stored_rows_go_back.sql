-- Stored rows that wait go back to their sender, or are rejected for good, as refused ones (features F52, F54; security G18). Which
-- of the two a decision is about was said by its kind and its rule until now; rows that were not matched are refused or stored by
-- the same rule.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    -- Of `return`, `reject` and `readmit`: the rows are stored. NULL where kind and rule say it (`is_about_stored`), and of before.
    ADD COLUMN about_stored boolean,
    DROP CONSTRAINT decisions_kind_known,
    ADD CONSTRAINT decisions_kind_known CHECK (kind IN ('map', 'return', 'reject', 'accept', 'link', 'unlink', 'readmit')),
    DROP CONSTRAINT decisions_unlink_of,
    ADD CONSTRAINT decisions_undoing_of CHECK ((kind IN ('unlink', 'readmit')) = (undoes IS NOT NULL)),
    -- What stands in the register goes, and comes back, by two people.
    ADD CONSTRAINT decisions_stored_four_eyes CHECK (kind NOT IN ('reject', 'readmit') OR NOT COALESCE(about_stored, false) OR four_eyes);

DROP INDEX decisions_one_open;
CREATE UNIQUE INDEX decisions_one_open
    ON decisions (party_id, cluster_code, cluster_column, cluster_value, COALESCE(row_id, '00000000-0000-0000-0000-000000000000'),
                  COALESCE(about_stored, is_about_stored(kind, cluster_code)))
    WHERE state IN ('asked', 'running');

-- The decision by which RIVM withdrew a registration: an empty version that keeps the digest of what stood there, so that it stays
-- out when it is delivered again.
ALTER TABLE reports ADD COLUMN reject_id uuid REFERENCES decisions;
CREATE INDEX reports_of_reject ON reports (reject_id) WHERE reject_id IS NOT NULL;

RESET ROLE;
