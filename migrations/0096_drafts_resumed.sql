-- A registration that somebody typed in is offered again; drafts of corrections, of rows that are mended, and those nobody
-- touched are not, and do not hide it. Those of before, and of a node of the release before, are looked into.
SET LOCAL ROLE cims_owner;

ALTER TABLE drafts ADD COLUMN resumes boolean NOT NULL DEFAULT true;
DROP INDEX drafts_of_user;
CREATE INDEX drafts_of_user ON drafts (party_id, user_id, updated_at DESC) WHERE submitted_at IS NULL AND resumes;

RESET ROLE;
