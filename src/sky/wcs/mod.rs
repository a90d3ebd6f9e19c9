//! World coordinate systems.
