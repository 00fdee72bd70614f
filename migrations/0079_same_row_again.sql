-- A refused row that its sender delivers again, under the same source key or with the token of an earlier download, is found
-- by that: it waits for nobody any more (features F54, F-X2).
SET LOCAL ROLE cims_owner;

CREATE INDEX delivery_rows_refused_keys ON delivery_rows (party_id, source_key)
    WHERE outcome = 'AFGEKEURD' AND state IN ('open', 'pending') AND source_key IS NOT NULL;
-- A row gets a new key each time it is judged: where the row with this key went.
CREATE INDEX row_history_of_row ON row_history (row_id);

RESET ROLE;
