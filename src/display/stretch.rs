//! stretch
