//! The local copy of the BRP: loading it, and the one question a deliverer may ask of it.
