//! Outermost layer: only same-origin requests may change anything (security §4.1).
