-- One row of a group may go back, or be refused for good, by itself (features F52): what names a person shares no value, so all rows
-- of a party with such a cause are one group.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    DROP CONSTRAINT decisions_about_row,
    ADD CONSTRAINT decisions_about_row CHECK (
        CASE WHEN kind IN ('link', 'unlink') THEN row_id IS NOT NULL ELSE kind IN ('accept', 'return', 'reject') OR row_id IS NULL END);

RESET ROLE;
