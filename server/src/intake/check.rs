//! Stage 1 over a stream of rows, on all cores: the row rules of `domain`.
