//! CSV, in this process.
