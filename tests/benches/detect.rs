//! detect

fn main() {}
