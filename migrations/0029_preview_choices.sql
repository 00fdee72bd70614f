-- What the sender chose at the preview: repairs switched off (H codes), and all or nothing. Per row: how many doses of
-- the person this party had reported before and has after, for the preview; nothing of what others reported.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries ADD COLUMN repairs_off text[] NOT NULL DEFAULT '{}';
ALTER TABLE deliveries ADD COLUMN all_or_nothing boolean NOT NULL DEFAULT false;
ALTER TABLE delivery_rows ADD COLUMN doses_before smallint;
ALTER TABLE delivery_rows ADD COLUMN doses_after smallint;
GRANT SELECT (doses_before, doses_after) ON delivery_rows TO cims_portal;

RESET ROLE;
