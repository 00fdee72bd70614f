-- Answer files go when their days are over, the oldest first: they are found by their age.
SET LOCAL ROLE cims_owner;

CREATE INDEX answer_files_by_age ON answer_files (created_at);

RESET ROLE;
