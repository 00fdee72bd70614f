-- One truth per jab (features F48, F50): what RIVM ruled about vaccinations of a person that contradict each other. Which of
-- them count follows from the rulings that hold and from what is reported; undoing one gives back what was before.
SET LOCAL ROLE cims_owner;

-- The vaccination that counts in its place, as long as that one stands. Follows from `rulings`.
ALTER TABLE vaccinations ADD COLUMN merged_into uuid;

-- A stored row that RIVM refused after all.
ALTER TABLE reports DROP CONSTRAINT reports_outcome_known,
    ADD CONSTRAINT reports_outcome_known CHECK (outcome IN ('GEACCEPTEERD', 'TE_CONTROLEREN', 'AFGEKEURD'));

CREATE TABLE rulings (
    id            uuid PRIMARY KEY,
    person_id     uuid NOT NULL REFERENCES persons,
    kind          text NOT NULL,
    -- The row that was judged; its vaccination, and the one it was held against.
    row_id        uuid NOT NULL,
    jab           uuid NOT NULL,
    other         uuid,
    -- A merge: the one that gives way, and the one that counts. They follow a vaccination that ends and comes back.
    lesser        uuid,
    kept          uuid,
    -- Rows that waited and were settled by it; an undoing lets them wait again.
    rows          uuid[] NOT NULL,
    -- Why, as typed, sealed (associated data = id).
    reason_sealed bytea NOT NULL,
    made_by       uuid NOT NULL REFERENCES users,
    made_at       timestamptz NOT NULL,
    undone_by     uuid REFERENCES users,
    undone_at     timestamptz,
    CONSTRAINT rulings_kind_known CHECK (kind IN ('merge', 'keep', 'refuse')),
    CONSTRAINT rulings_merge_has_two CHECK ((kind = 'merge') = (lesser IS NOT NULL) AND (lesser IS NULL) = (kept IS NULL)),
    CONSTRAINT rulings_merge_of_two CHECK (lesser <> kept),
    CONSTRAINT rulings_undone_whole CHECK ((undone_by IS NULL) = (undone_at IS NULL))
);
CREATE INDEX rulings_of_person ON rulings (person_id, made_at DESC);
-- One gives way to one.
CREATE UNIQUE INDEX rulings_one_way ON rulings (person_id, lesser) WHERE kind = 'merge' AND undone_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON rulings TO cims_worker;

-- Rows by their registration: what waits when it is corrected, withdrawn or ruled about.
CREATE INDEX delivery_rows_waiting_of_report ON delivery_rows (report_id) WHERE state = 'open' AND report_id IS NOT NULL;

-- Whose word counts when two sources differ and nobody chooses otherwise: the first of these channels.
INSERT INTO settings (key, value) VALUES
    ('source_priority', '["lsp", "ggd", "sftp", "zorgmail", "portaal", "upload", "papier"]');

RESET ROLE;
