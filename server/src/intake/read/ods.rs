//! ODS, in the limited child process only (security L4).
