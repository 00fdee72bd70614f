//! The audit: append-only, hash-chained, after NEN 7513.
