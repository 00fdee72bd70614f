//! Configuration: one file, overridden by the environment.
