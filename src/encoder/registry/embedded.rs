//! Weights that come with the program: small enough to be compiled in, laid into the person's cache when they
//! are first asked for, so that they are a file like all others (a run's manifest names it and its SHA-256).

use crate::io::replace::replace_file;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Names and weights.
const WEIGHTS: &[(&str, &[u8])] = &[(
    super::OWN_NETWORK,
    include_bytes!("../../../assets/weights/astrolabel_s.safetensors"),
)];

/// The weights called `name` as a file, if they come with the program and can be laid down anywhere.
pub(super) fn weights(name: &str) -> Option<PathBuf> {
    let (_, bytes) = WEIGHTS.iter().find(|(n, _)| *n == name)?;
    let cache = directories::ProjectDirs::from("", "", "astrolabel").map(|d| d.cache_dir().join("built-in"));
    let folders = cache
        .into_iter()
        .chain([std::env::temp_dir().join("astrolabel-built-in")]);
    folders.into_iter().find_map(|folder| laid(&folder, name, bytes))
}

/// `bytes` in `folder`; another version of the program has another file.
fn laid(folder: &Path, name: &str, bytes: &[u8]) -> Option<PathBuf> {
    let sum: String = Sha256::digest(bytes)
        .iter()
        .take(6)
        .map(|b| format!("{b:02x}"))
        .collect();
    let path = folder.join(format!("{name}-{sum}.safetensors"));
    if std::fs::read(&path).is_ok_and(|there| there == bytes) {
        return Some(path);
    }
    std::fs::create_dir_all(folder).ok()?;
    replace_file(&path, |e| e, |out| out.write_all(bytes)).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_laid_down_once_and_again_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = laid(folder.path(), "n", b"some weights").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"some weights");
        std::fs::write(&path, b"some weighty").unwrap();
        assert_eq!(laid(folder.path(), "n", b"some weights"), Some(path.clone()));
        assert_eq!(std::fs::read(&path).unwrap(), b"some weights");
        assert_ne!(laid(folder.path(), "n", b"others"), Some(path));
        let file = folder.path().join("a file");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(laid(&file, "n", b"some weights"), None);
    }
}
