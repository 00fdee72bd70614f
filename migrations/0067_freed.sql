-- A row that waited because of a delivery that is withdrawn waits no more (security G6): it is then as if that had not come. When
-- the delivery is put back, the row waits again.
SET LOCAL ROLE cims_owner;

ALTER TABLE delivery_rows ADD COLUMN freed_by uuid REFERENCES withdrawals;
CREATE INDEX delivery_rows_freed ON delivery_rows (freed_by) WHERE freed_by IS NOT NULL;

RESET ROLE;
