//! Files that appear whole or not at all.

use super::CatalogError;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file through `fill` into a temporary file beside it, syncs it to the disk and renames
/// it into place: after a crash or an error there is the old file or the new one, nothing between.
/// With a name ending in `.gz` the content is compressed.
pub(crate) fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    let failed = |e| CatalogError::io(path, e);
    write_file_atomically(path, |file| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        if has_extension(path, "gz") {
            let mut gz = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            fill(&mut gz)?;
            gz.finish().map_err(failed)?;
        } else {
            fill(&mut out)?;
        }
        out.flush().map_err(failed)
    })
}

/// As [`write_atomically`], with the bare file, for formats that seek.
pub(crate) fn write_file_atomically(
    path: &Path,
    fill: impl FnOnce(&mut std::fs::File) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    let failed = |e| CatalogError::io(path, e);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".astrolabel-").suffix(".part");
    // A temporary file is private to its owner by default; the finished catalogue is an ordinary
    // file, as open to others as the person's umask says.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder).map_err(failed)?;
    fill(temporary.as_file_mut())?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|e| failed(e.error))?;
    // The rename itself is durable once the folder is synced; where that can't be done the file
    // is still whole.
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Whether the file name ends in `.extension`, ignoring case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(extension))
}
