-- A question that the BRP was too late to answer is a question: it counts in the budgets (security §4.6), once: its
-- answer, within the day in which it is known about whom it was, is written beside it.
SET LOCAL ROLE cims_owner;

-- NULL: the BRP could not answer yet.
ALTER TABLE brp_checks ALTER COLUMN matched DROP NOT NULL;
GRANT UPDATE (matched) ON brp_checks TO cims_worker;

RESET ROLE;
