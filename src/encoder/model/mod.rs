//! Network architectures in burn.
