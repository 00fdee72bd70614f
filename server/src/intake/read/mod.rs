//! Bytes to raw rows, streaming: format, encoding and header are decided here (specification §3).

pub mod csv;
pub mod ods;
pub mod xlsx;
