-- Data of an approved connection that is to be used for something else as well takes an approval, as more columns do (features F80).
SET LOCAL ROLE cims_owner;

ALTER TABLE connections
    ADD COLUMN wanted_purpose text,
    DROP CONSTRAINT connections_wanted_whole,
    ADD CONSTRAINT connections_wanted_whole CHECK ((wanted = '{}' AND wanted_purpose IS NULL) = (wanted_by IS NULL) AND (wanted_by IS NULL) = (wanted_at IS NULL)),
    ADD CONSTRAINT connections_wanted_purpose_short CHECK (length(wanted_purpose) BETWEEN 1 AND 200);
-- What was asked for or decided; the connection itself knows the last purpose only.
ALTER TABLE connection_steps ADD COLUMN purpose text;

RESET ROLE;
