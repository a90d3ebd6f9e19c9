//! Source detection.
