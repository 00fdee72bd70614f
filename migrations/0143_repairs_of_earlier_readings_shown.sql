-- What was repaired in a row before somebody mended it is shown to its party (features F-X3), of the reading of the file that stands.
SET LOCAL ROLE cims_owner;

GRANT SELECT (repairs_sealed, past) ON row_history TO cims_portal;

RESET ROLE;
