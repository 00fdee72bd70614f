-- Who sent a row hears why RIVM refused it for good (features F54): by a sentence of our own, so that nothing of a person
-- reaches an answer file. Its word stands with the decision and with its rows.
SET LOCAL ROLE cims_owner;

ALTER TABLE decisions
    ADD COLUMN told text,
    ADD CONSTRAINT decisions_told_known CHECK (told IN ('other', 'test', 'unclear', 'requested', 'judged'));
ALTER TABLE delivery_rows ADD COLUMN rejected_for text;
GRANT SELECT (rejected_for) ON delivery_rows TO cims_portal;
CREATE INDEX delivery_rows_rejected ON delivery_rows (party_id, decided_at) WHERE state = 'rejected';

RESET ROLE;
