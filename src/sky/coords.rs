//! Celestial coordinates.
