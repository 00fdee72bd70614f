//! All routes in one list, with the layers every route passes.
