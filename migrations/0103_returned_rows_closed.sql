-- RIVM closes rows that went back and were not mended, without taking them back first (features F54): a decision about those rows, with
-- its own reason and, where it takes one, its second person.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    -- The decision by which its rows went back.
    ADD COLUMN closes uuid REFERENCES decisions,
    ADD CONSTRAINT decisions_closing CHECK (closes IS NULL OR kind IN ('reject', 'accept') AND row_id IS NULL);
CREATE INDEX decisions_closing_of ON decisions (closes) WHERE closes IS NOT NULL;

DROP INDEX decisions_one_open;
CREATE UNIQUE INDEX decisions_one_open
    ON decisions (party_id, cluster_code, cluster_column, cluster_value, COALESCE(row_id, closes, '00000000-0000-0000-0000-000000000000'),
                  COALESCE(about_stored, is_about_stored(kind, cluster_code)))
    WHERE state IN ('asked', 'running');

RESET ROLE;
