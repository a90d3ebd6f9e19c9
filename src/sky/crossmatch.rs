//! Matching catalogues by position.
