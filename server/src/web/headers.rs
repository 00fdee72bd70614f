//! Security headers and the content security policy of every response (security §4.2).
