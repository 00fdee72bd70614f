//! XLSX, in the limited child process only (security L1-L3).
