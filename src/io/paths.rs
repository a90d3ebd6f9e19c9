//! Paths as they are kept: absolute, without `.` and `..`.

use std::path::{Component, Path, PathBuf};

/// The path from the root on. `..` is resolved as the system does it (above a link's target, where
/// a link stands before it); other links stay as they were named, and nothing needs to be there.
pub fn whole_path(path: &Path) -> PathBuf {
    // Of an empty path, as the folder of a bare file name is, the system knows nothing.
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut whole = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if whole.is_symlink()
                    && let Ok(real) = whole.canonicalize()
                {
                    whole = real;
                }
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    #[test]
    fn dots_are_resolved_and_links_keep_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(dir.join("real/deep")).unwrap();
        assert_eq!(whole_path(&dir.join("a/../b/./c")), dir.join("b/c"));
        assert_eq!(whole_path(Path::new("/../x")), Path::new("/x"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("real/deep", dir.join("link")).unwrap();
            assert_eq!(whole_path(&dir.join("link/x")), dir.join("link/x"));
            assert_eq!(whole_path(&dir.join("link/../x")), dir.join("real/x"));
        }
    }
}
