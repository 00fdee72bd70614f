-- A reviewer links a row to a person of the BRP (features F10, F53; rules B10 and B14): a decision about one row, which a
-- second person agrees to. What the sender said stays as it was; the version says that its person was found by RIVM.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    -- The row of a link, as it stood.
    ADD COLUMN row_id uuid,
    DROP CONSTRAINT decisions_kind_known,
    ADD CONSTRAINT decisions_kind_known CHECK (kind IN ('map', 'return', 'reject', 'accept', 'link')),
    DROP CONSTRAINT decisions_map_has_values,
    -- Of a link: the list of the BRP, sealed.
    ADD CONSTRAINT decisions_map_has_values CHECK ((kind IN ('map', 'link')) = (new_sealed IS NOT NULL)),
    ADD CONSTRAINT decisions_link_has_row CHECK ((kind = 'link') = (row_id IS NOT NULL)),
    ADD CONSTRAINT decisions_link_four_eyes CHECK (kind <> 'link' OR four_eyes);
-- One at a time about these rows; a link is about one of them.
DROP INDEX decisions_one_open;
CREATE UNIQUE INDEX decisions_one_open ON decisions (party_id, cluster_code, cluster_column, cluster_value, COALESCE(row_id, '00000000-0000-0000-0000-000000000000'))
    WHERE state IN ('asked', 'running');

-- The decision by which a row was changed, when it was one: it says who asked and who agreed.
ALTER TABLE row_history ADD COLUMN decision_id uuid REFERENCES decisions;
CREATE INDEX row_history_of_decision ON row_history (decision_id) WHERE decision_id IS NOT NULL;

ALTER TABLE reports
    -- The decision by which RIVM found its person. Nothing that its sender sees may follow from it.
    ADD COLUMN link_id uuid REFERENCES decisions,
    DROP CONSTRAINT reports_row_once;
-- One row has one effect (security G2); a link gives it a version more.
CREATE UNIQUE INDEX reports_row_once ON reports (delivery_id, row_number) WHERE link_id IS NULL;
CREATE UNIQUE INDEX reports_row_once_linked ON reports (party_id, delivery_id, row_number, link_id) WHERE link_id IS NOT NULL;

-- Candidates by birth date and name.
CREATE INDEX brp_lists_birth ON brp_lists (birth_date);

RESET ROLE;
