-- A link of a row to a person of the BRP is undone (features F53): a decision of its own, about that link, which a second person
-- agrees to. What the link did stays in the history; the registration says again what its sender said.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    -- The link that is undone.
    ADD COLUMN undoes uuid REFERENCES decisions,
    DROP CONSTRAINT decisions_kind_known,
    ADD CONSTRAINT decisions_kind_known CHECK (kind IN ('map', 'return', 'reject', 'accept', 'link', 'unlink')),
    DROP CONSTRAINT decisions_link_has_row,
    ADD CONSTRAINT decisions_link_has_row CHECK ((kind IN ('link', 'unlink')) = (row_id IS NOT NULL)),
    DROP CONSTRAINT decisions_link_four_eyes,
    ADD CONSTRAINT decisions_link_four_eyes CHECK (kind NOT IN ('link', 'unlink') OR four_eyes),
    ADD CONSTRAINT decisions_unlink_of CHECK ((kind = 'unlink') = (undoes IS NOT NULL));
CREATE INDEX decisions_undoing ON decisions (undoes) WHERE undoes IS NOT NULL;

-- The decision by which a version stands under what its sender said again.
ALTER TABLE reports ADD COLUMN unlink_id uuid REFERENCES decisions;
DROP INDEX reports_row_once;
-- A row that is mended after an undo gets a version more of the same registration; a second effect of a row begins at version 1.
CREATE UNIQUE INDEX reports_row_once ON reports (delivery_id, row_number, version) WHERE link_id IS NULL AND unlink_id IS NULL;
CREATE UNIQUE INDEX reports_row_once_unlinked ON reports (party_id, delivery_id, row_number, unlink_id) WHERE unlink_id IS NOT NULL;
CREATE INDEX reports_of_link ON reports (link_id) WHERE link_id IS NOT NULL;
-- Who was first, for who comes second.
CREATE INDEX row_history_row ON row_history (row_id) WHERE decision_id IS NOT NULL;

RESET ROLE;
