//! The database: pools, transactions that know their caller, row types.
