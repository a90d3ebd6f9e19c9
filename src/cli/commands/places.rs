//! Whether a file can be written where it should be, asked before the work and not after it.

use std::path::Path;

/// Says at once, not after minutes of work, that a file can't be written where it should be.
pub(super) fn check_place(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.is_dir()
    {
        anyhow::bail!(
            "{}: there is no folder {}: make it first",
            path.display(),
            folder.display()
        );
    }
    if path.is_dir() {
        anyhow::bail!("{}: this is a folder: name a file", path.display());
    }
    Ok(())
}

pub(super) fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
}
