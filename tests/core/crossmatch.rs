//! Crossmatch.
