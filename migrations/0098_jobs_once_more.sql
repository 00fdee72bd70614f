-- Answer files, decisions and changes of code lists are about rows that go on changing. A job that is under way may have
-- read before what it is called for now: so one more may wait behind it. Of all other kinds one job of a subject is open, as before.
SET LOCAL ROLE cims_owner;

CREATE UNIQUE INDEX jobs_one_waits ON jobs (kind, subject)
    WHERE state = 'queued' OR (state = 'leased' AND kind NOT IN ('answer', 'decide', 'lists'));
DROP INDEX jobs_one_open;
CREATE INDEX jobs_under_way ON jobs (kind, subject) WHERE state = 'leased';

-- What becomes of a job that is given back: queued, or nothing more when another one waits behind it, which does the same.
CREATE FUNCTION job_given_back(of_kind text, of_subject uuid) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN EXISTS (SELECT FROM jobs WHERE kind = of_kind AND subject = of_subject AND state = 'queued')
               THEN 'done' ELSE 'queued' END $$;
GRANT EXECUTE ON FUNCTION job_given_back(text, uuid) TO cims_worker;

RESET ROLE;
