//! Files that appear whole or not at all: the one way in which this program writes files.
//!
//! The content goes to a temporary file in the same folder, which is synced to the disk and renamed
//! into place: after a crash or an error there is the old file or the new one, nothing between.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Links followed before a chain of them counts as a ring, as Linux counts.
const MAX_LINKS: usize = 40;

/// Lets `fill` write the new content of `path` into a file that can be read and sought as well.
///
/// Through a symbolic link the file it points to is replaced and the link stays. A file that is
/// replaced gives its permissions to the new one; a new file gets those of the user's umask.
///
/// # Errors
/// What `fill` gives, or `failed` of what the system says; the older file is then as it was.
pub(crate) fn replace_seekable<E>(
    path: &Path,
    failed: impl Fn(std::io::Error) -> E,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let target = behind_links(path).map_err(&failed)?;
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-").suffix(".tmp");
    #[cfg(unix)]
    {
        // Temporary files are private by default; this one becomes the user's ordinary file, less
        // what the umask takes.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder).map_err(&failed)?;
    fill(temporary.as_file_mut())?;
    #[cfg(unix)]
    if let Ok(old) = std::fs::metadata(&target) {
        // Set, not asked for when the file is made: the umask has no say in what was chosen before.
        let permissions = old.permissions();
        (temporary.as_file().set_permissions(permissions)).map_err(&failed)?;
    }
    temporary.as_file().sync_all().map_err(&failed)?;
    temporary.persist(&target).map_err(|e| failed(e.error))?;
    // The rename itself reaches the disk with the folder. Not all systems can do this; the file is
    // whole all the same.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// As [`replace_seekable`], for content that is written from its beginning to its end.
///
/// # Errors
/// As [`replace_seekable`].
pub(crate) fn replace_file<E>(
    path: &Path,
    failed: impl Fn(std::io::Error) -> E,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    replace_seekable(path, &failed, |file| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        fill(&mut out)?;
        out.flush().map_err(&failed)
    })
}

/// The path that a write to `path` reaches, even where no file is there yet.
fn behind_links(path: &Path) -> std::io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        // An error says that it is no link, or not there: then it is the place itself.
        let Ok(next) = std::fs::read_link(&target) else {
            return Ok(target);
        };
        target = match target.parent() {
            Some(folder) => folder.join(next),
            None => next,
        };
    }
    Err(std::io::Error::other("its symbolic links go in a ring"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;
    use std::io::{Read, Seek, SeekFrom};

    fn write(path: &Path, text: &str) -> std::io::Result<()> {
        replace_file(path, |e| e, |out| out.write_all(text.as_bytes()))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_error_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, "old").unwrap();
        let refused = replace_file(
            &path,
            |e| e,
            |out| {
                out.write_all(b"half")?;
                Err(std::io::Error::other("no"))
            },
        );
        assert_eq!(refused.unwrap_err().to_string(), "no");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(dir.path()), ["a"]);
        assert!(write(&dir.path().join("no/a"), "x").is_err());
    }

    #[test]
    fn the_file_can_be_sought_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let done: std::io::Result<()> = replace_seekable(
            &path,
            |e| e,
            |file| {
                file.write_all(b"....tail")?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(b"head")?;
                let mut rest = String::new();
                file.read_to_string(&mut rest)?;
                assert_eq!(rest, "tail");
                Ok(())
            },
        );
        done.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "headtail");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_what_they_point_to_is_replaced() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("data")).unwrap();
        std::fs::write(at("data/real"), "old").unwrap();
        symlink("data/real", at("one")).unwrap();
        symlink(at("one"), at("two")).unwrap();
        write(&at("two"), "new").unwrap();
        assert_eq!(std::fs::read_to_string(at("data/real")).unwrap(), "new");
        // A link to a file that isn't there yet makes it.
        symlink("data/later", at("three")).unwrap();
        write(&at("three"), "made").unwrap();
        assert_eq!(std::fs::read_to_string(at("data/later")).unwrap(), "made");
        for link in ["one", "two", "three"] {
            assert!(at(link).is_symlink(), "{link}");
        }
        symlink("ring", at("ring")).unwrap();
        assert!(write(&at("ring"), "x").is_err());
        assert_eq!(names(&at("data")), ["later", "real"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_the_old_files_or_the_umasks() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        // What the umask makes of an ordinary new file.
        let plain = dir.path().join("plain");
        std::fs::write(&plain, "").unwrap();
        write(&path, "1").unwrap();
        assert_eq!(mode(&path), mode(&plain));
        // More and less than any umask gives.
        for chosen in [0o666, 0o600, 0o640] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(chosen)).unwrap();
            write(&path, "2").unwrap();
            assert_eq!(mode(&path), chosen);
        }
    }
}
