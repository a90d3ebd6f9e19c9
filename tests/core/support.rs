//! What the tests share.
#![allow(dead_code, reason = "each room's tests use the part they need")]

use std::path::PathBuf;

/// A file of golden values committed beside the tests.
pub fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// A path below the developers' shared folder of real observations, or `None` (after saying so)
/// where this checkout has none beside it: such a test is skipped.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: no shared/{path} beside this checkout");
    None
}
