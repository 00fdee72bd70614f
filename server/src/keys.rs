//! The keys: files outside the database, one place that uses them.
