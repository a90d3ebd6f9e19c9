//! `sources.u64`: what each ready-made cutout looked like when its vector was asked for, eight bytes an
//! object, 0 where nothing is known (a run of an earlier program, an object of a mosaic).

use crate::project::error::{ProjectError, io_at};
use std::path::Path;

const FILE: &str = "sources.u64";

pub(super) fn read(dir: &Path) -> Result<Vec<u64>, ProjectError> {
    let path = dir.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(&path).map_err(io_at(&path))?;
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|b| u64::from_le_bytes(*b))
        .collect())
}

pub(super) fn write(dir: &Path, stamps: &[u64]) -> Result<(), ProjectError> {
    let bytes: Vec<u8> = stamps.iter().flat_map(|s| s.to_le_bytes()).collect();
    crate::project::write_atomically(&dir.join(FILE), &bytes)
}
