//! Stage 2 over a chunk, set-based: BRP, batches, duplicates.
