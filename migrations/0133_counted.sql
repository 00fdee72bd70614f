-- What a delivery counted without a person goes and comes back with it (security G6). Numbers only, by the deliveries that said
-- it: no row, and no key of a row (domain facts §2.2). What was counted before stays counted.
SET LOCAL ROLE cims_owner;

CREATE TABLE counted (
    party_id      uuid NOT NULL REFERENCES parties,
    -- Sorted. It counts once, as long as one of them does.
    said_by       uuid[] NOT NULL,
    vaccinated_on date NOT NULL,
    vaccine       smallint NOT NULL,
    batch         text NOT NULL,
    dose          smallint NOT NULL,
    origin        text NOT NULL,
    age_group     text NOT NULL,
    number        integer NOT NULL,
    CONSTRAINT counted_pk PRIMARY KEY (party_id, said_by, vaccinated_on, vaccine, batch, dose, origin, age_group),
    -- More would not fit in a line of the index.
    CONSTRAINT counted_said_by_some CHECK (cardinality(said_by) BETWEEN 1 AND 32),
    CONSTRAINT counted_not_negative CHECK (number >= 0)
);
CREATE INDEX counted_of_delivery ON counted USING gin (said_by);
ALTER TABLE counted ENABLE ROW LEVEL SECURITY;
ALTER TABLE counted FORCE ROW LEVEL SECURITY;
CREATE POLICY of_worker ON counted TO cims_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON counted TO cims_worker;

-- A count that went stays as a zero.
ALTER TABLE anonymous_counts
    DROP CONSTRAINT anonymous_counts_positive,
    ADD CONSTRAINT anonymous_counts_not_negative CHECK (number >= 0);

-- Which deliveries said it; none for what is never withdrawn as a whole. Not remembered while none of them counts.
ALTER TABLE anonymous_keys ADD COLUMN said_by uuid[];

-- What the delivery counted is in `anonymous_counts`. It goes, and comes back, in the last step of a withdrawal.
CREATE FUNCTION counts_stand(uuid) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT FROM deliveries d WHERE d.id = $1 AND d.state <> 'withdrawn')
          AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.delivery_id = $1 AND w.state = 'running' AND w.undoes IS NOT NULL) $$;
GRANT EXECUTE ON FUNCTION counts_stand(uuid) TO cims_worker;

RESET ROLE;
