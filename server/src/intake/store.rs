//! One transaction per chunk: rows, outcomes, provenance, audit and progress (security G2).
