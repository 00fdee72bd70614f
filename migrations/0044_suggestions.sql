-- What a reviewer was shown as probably meant, and whether the row got that in the end: how often a kind of suggestion
-- was right. No value stands here, only its keyed hash.
SET LOCAL ROLE cims_owner;

CREATE TABLE suggestions (
    row_id      uuid NOT NULL,
    kind        text NOT NULL,
    column_name text NOT NULL,
    value_mac   text NOT NULL,
    shown_at    timestamptz NOT NULL,
    settled_at  timestamptz,
    was_right   boolean,
    CONSTRAINT suggestions_pk PRIMARY KEY (row_id, kind),
    CONSTRAINT suggestions_kind_known CHECK (kind IN ('batch', 'vaccine', 'bsn', 'day_month', 'names')),
    CONSTRAINT suggestions_settled_with_answer CHECK ((settled_at IS NULL) = (was_right IS NULL))
);
CREATE INDEX suggestions_settled ON suggestions (kind, was_right) WHERE settled_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE ON suggestions TO cims_worker;

RESET ROLE;
