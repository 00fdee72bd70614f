-- An alarm is about each installation that did not lack before (features F61), not about how many do: one that recovers does not
-- hide another that falls silent. Names of accounts; none was kept by a node of the release before.
SET LOCAL ROLE cims_owner;

ALTER TABLE alarm_looks ADD COLUMN accounts text[];

RESET ROLE;
