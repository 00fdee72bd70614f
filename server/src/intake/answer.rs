//! Counts, findings and answer files of a finished delivery (specification §7).
