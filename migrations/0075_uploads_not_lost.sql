-- What somebody delivered or mended is not lost by what happens around it: how long a preview waits, a double whose first
-- was never stored, rows mended in a reading that is made anew.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries
    -- The preview was made, or a row of it mended: its day runs from here, not from the receipt.
    ADD COLUMN preview_since timestamptz,
    -- Who threw the preview away; nobody did when its time was over or RIVM destroyed the file.
    ADD COLUMN discarded_by uuid REFERENCES users,
    ADD COLUMN expired boolean NOT NULL DEFAULT false;

-- What waits for "Indienen" holds up no file of the same content that is stored at once: one of each.
DROP INDEX deliveries_same_content;
CREATE UNIQUE INDEX deliveries_same_content ON deliveries (party_id, digest_key, file_digest, preview)
    WHERE file_digest IS NOT NULL AND NOT test_lane AND state NOT IN ('withdrawn', 'discarded')
      AND (outcome IS NULL OR outcome NOT IN ('GEWEIGERD', 'DUBBEL'));
-- A double keeps its file as long as nothing says that its first is stored.
CREATE INDEX deliveries_doubles_with_file ON deliveries (doubles, seq) WHERE outcome = 'DUBBEL' AND blob_id IS NOT NULL;

-- Every sender can fetch the receipt of a file (specification §7), not only of one that was tried: its digest is sealed.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_sha256_of_tests;

ALTER TABLE row_history
    -- Why the sender went on although not matchable, as the row stood.
    ADD COLUMN reason_sealed bytea,
    -- What somebody made of a row, set aside while its file is read anew: the entry with what stood in the file.
    ADD COLUMN made_of uuid,
    -- Of a reading of the file that was made anew since.
    ADD COLUMN past boolean NOT NULL DEFAULT false;

-- A double whose first is not stored after all is read; a preview whose raw file is gone is judged by its rows.
CREATE OR REPLACE FUNCTION delivery_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stored boolean := OLD.progress > 0 AND (NOT OLD.preview OR OLD.submitted_at IS NOT NULL);
BEGIN
    IF NOT (CASE OLD.state || ' -> ' || NEW.state
        WHEN 'received -> checking' THEN true
        WHEN 'received -> storing' THEN true
        WHEN 'complete -> checking' THEN true
        WHEN 'complete -> storing' THEN true
        WHEN 'checking -> preview' THEN true
        WHEN 'checking -> storing' THEN true
        WHEN 'checking -> parked' THEN true
        WHEN 'checking -> done' THEN true
        WHEN 'preview -> received' THEN true
        WHEN 'preview -> storing' THEN true
        WHEN 'preview -> discarded' THEN true
        WHEN 'storing -> preview' THEN NOT stored
        WHEN 'storing -> parked' THEN true
        WHEN 'storing -> done' THEN true
        WHEN 'parked -> complete' THEN NOT stored
        WHEN 'parked -> storing' THEN true
        WHEN 'parked -> discarded' THEN NOT stored
        WHEN 'parked -> done' THEN stored
        WHEN 'done -> received' THEN OLD.outcome = 'DUBBEL'
        WHEN 'done -> withdrawn' THEN true
        WHEN 'withdrawn -> done' THEN true
        ELSE false END) THEN
        RAISE EXCEPTION 'a delivery that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deliveries_steps', TABLE = 'deliveries';
    END IF;
    RETURN NEW;
END $$;

RESET ROLE;
