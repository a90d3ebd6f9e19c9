//! Taking a run away: its folder goes out of sight in one step, then its files.

use super::sources::Known;
use crate::project::error::{ProjectError, io_at};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How the folder of a run is called between going out of sight and being gone.
const GOING: &str = ".deleted-";

/// What the files of run `name` take on the disk, in bytes: segments have holes where nothing was written.
pub fn bytes_on_disk(embeddings: &Path, name: &str) -> u64 {
    let files = std::fs::read_dir(embeddings.join(name)).ok();
    let sizes = (files.into_iter().flatten().flatten()).filter_map(|f| f.metadata().ok());
    // POSIX counts blocks of 512 bytes, whatever the file system's own are.
    sizes.map(|m| m.blocks() * 512).sum()
}

/// Deletes the folder of run `name` below `embeddings`. After a kill in between the run is there as it
/// was, or gone with files left that the next deletion takes away.
///
/// # Errors
/// If there is no such run, something writes it now, or the folder can't be changed.
pub fn remove(embeddings: &Path, name: &str) -> Result<(), ProjectError> {
    let dir = embeddings.join(name);
    let is_name = Path::new(name).components().count() == 1 && !name.starts_with('.');
    if !is_name || !dir.is_dir() {
        return Err(ProjectError::Ask(format!("there is no run '{name}' here")));
    }
    let path = dir.join("lock");
    let lock = File::create(&path).map_err(io_at(&path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            return Err(ProjectError::Ask(format!(
                "vectors are being written into {name} now: stop that embedding first"
            )));
        }
        Err(std::fs::TryLockError::Error(cause)) => return Err(io_at(&path)(cause)),
    }
    let going = embeddings.join(format!("{GOING}{name}"));
    if going.exists() {
        std::fs::remove_dir_all(&going).map_err(io_at(&going))?;
    }
    std::fs::rename(&dir, &going).map_err(io_at(&dir))?;
    sweep(embeddings)
}

/// Takes away what earlier deletions left.
fn sweep(embeddings: &Path) -> Result<(), ProjectError> {
    for entry in std::fs::read_dir(embeddings)
        .map_err(io_at(embeddings))?
        .flatten()
    {
        if entry.file_name().to_string_lossy().starts_with(GOING) {
            std::fs::remove_dir_all(entry.path()).map_err(io_at(&entry.path()))?;
        }
    }
    Ok(())
}

impl Known {
    /// Whether object `row` has its vector.
    pub fn has(&self, row: usize) -> bool {
        super::bit(self.done(), row)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;
    use crate::encoder::EncoderSpec;
    use crate::project::runs::{RunWriter, run_name};

    #[test]
    fn a_run_goes_whole_unless_it_is_being_written() {
        let dir = tempfile::tempdir().unwrap();
        let spec = EncoderSpec {
            name: "net".into(),
            dim: 3,
            feature_names: vec![],
            weights_path: None,
            weights_sha256: None,
            settings: serde_json::json!({}),
            keep_f32: true,
        };
        let name = run_name(&spec);
        let mut writer = RunWriter::open(dir.path(), &spec, "now").unwrap().unwrap();
        writer.write(&[5], &[1.0; 3]).unwrap();
        writer.confirm().unwrap();
        let known = Known::read(dir.path(), &name).unwrap();
        assert!(known.has(5) && !known.has(4) && !known.has(1000));
        // Room for 65 536 vectors is reserved, a few kilobytes are taken.
        assert!((1..100_000).contains(&bytes_on_disk(dir.path(), &name)));
        let busy = remove(dir.path(), &name).unwrap_err().to_string();
        assert!(busy.contains("being written"), "{busy}");
        drop(writer);
        // What a kill left, and folders that are no runs.
        std::fs::create_dir(dir.path().join(".deleted-old")).unwrap();
        std::fs::create_dir(dir.path().join("other")).unwrap();
        for wrong in ["nothing", "", "..", "other/../other", ".deleted-old"] {
            assert!(remove(dir.path(), wrong).is_err(), "{wrong}");
        }
        remove(dir.path(), &name).unwrap();
        let left: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(left, ["other"]);
    }
}
