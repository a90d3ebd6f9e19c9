//! morphometry
