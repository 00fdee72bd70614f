//! Sessions: own store with hashed ids on tower-sessions (security §4.4).
