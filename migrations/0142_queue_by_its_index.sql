-- A page of the queue is read from an index, in its order. The check of the role in the policies makes the planner expect a handful
-- of rows: it would read all codes that wait, and sort those of one. A replacement of the function has to say this again.
SET LOCAL ROLE cims_owner;

ALTER FUNCTION staff_queue(text, text, text, text, text, integer, uuid, boolean, jsonb, timestamptz, uuid, integer, integer) SET enable_seqscan = off;
ALTER FUNCTION staff_queue(text, text, text, text, text, integer, uuid, boolean, jsonb, timestamptz, uuid, integer, integer) SET enable_bitmapscan = off;

RESET ROLE;
