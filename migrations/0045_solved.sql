-- How fast waiting rows are solved, and by whom (features F54): found by when that was. And the deliveries whose rows take
-- the place of refused ones of another (features F23), seen from both.
SET LOCAL ROLE cims_owner;

CREATE INDEX row_history_when ON row_history (mended_at);
CREATE INDEX delivery_rows_decided ON delivery_rows (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX delivery_rows_replaces ON delivery_rows (replaces) WHERE replaces IS NOT NULL;

RESET ROLE;
