-- A row and a report are of the party of their delivery: one foreign key says both, and asks once per row instead of twice.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries ADD CONSTRAINT deliveries_of_party_once UNIQUE (id, party_id);
ALTER TABLE delivery_rows DROP CONSTRAINT delivery_rows_delivery_id_fkey,
    ADD CONSTRAINT delivery_rows_of_delivery FOREIGN KEY (delivery_id, party_id) REFERENCES deliveries (id, party_id);
ALTER TABLE reports DROP CONSTRAINT reports_delivery_id_fkey, DROP CONSTRAINT reports_party_id_fkey,
    ADD CONSTRAINT reports_of_delivery FOREIGN KEY (delivery_id, party_id) REFERENCES deliveries (id, party_id);

-- Nothing lands in it: a chunk goes in column by column.
DROP TABLE chunk_rows;

RESET ROLE;
