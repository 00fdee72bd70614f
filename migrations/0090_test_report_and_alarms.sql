-- The report of a test file says what was found about the file as a whole, and which columns it has (issue of the drop box,
-- point 6): an approval is about an exact set of columns. Names of headers, no value of a row.
SET LOCAL ROLE cims_owner;

ALTER TABLE trials
    ADD COLUMN findings jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN columns  text[] NOT NULL DEFAULT '{}';

-- What the alarms about installations last saw (features F61): a process that starts tells nothing twice, and knows how long
-- nobody was there to take files in.
CREATE TABLE alarm_looks (
    lacks       text PRIMARY KEY,
    number      bigint NOT NULL,
    looked_at   timestamptz NOT NULL DEFAULT now(),
    -- When somebody looked again after an hour without.
    returned_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON alarm_looks TO cims_worker;

RESET ROLE;
