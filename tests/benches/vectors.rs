//! vectors

fn main() {}
