-- Who has a waiting row open, so that two reviewers do not decide about it beside each other (features F51).
SET LOCAL ROLE cims_owner;

CREATE TABLE row_looks (
    row_id  uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    seen_at timestamptz NOT NULL,
    CONSTRAINT row_looks_pk PRIMARY KEY (row_id, user_id)
);
CREATE INDEX row_looks_old ON row_looks (seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON row_looks TO cims_worker;

RESET ROLE;
