//! Bytes to disk, hashed and sealed, then one transaction: delivery, audit line, job (security G1).
