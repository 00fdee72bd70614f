//! Upload of a file, streamed with an own byte counter (security L13).
