//! What files look like from outside, so that a changed one is noticed and embedded again.
//!
//! An image is told by its length, the time it was last written and [`SAMPLES`] blocks from all over
//! it (a FITS header with its DATASUM is in the first): a megabyte of reading however large it is.
//! A ready-made cutout is told by length and time alone, since there are many.

use super::objects::hex;
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Blocks read of an image.
const SAMPLES: u64 = 64;
/// Bytes of one.
const BLOCK: u64 = 16 << 10;
/// What a fingerprint begins with; those of earlier programs don't.
const MARK: &str = "s2";

fn written_at(metadata: &std::fs::Metadata) -> u128 {
    let since = metadata
        .modified()
        .map(|t| t.duration_since(std::time::UNIX_EPOCH));
    // No time, or one before 1970, counts as none: length and samples are left.
    since.ok().and_then(Result::ok).map_or(0, |d| d.as_nanos())
}

/// An image's fingerprint.
///
/// # Errors
/// If the file can't be read.
pub fn fingerprint(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let metadata = file.metadata()?;
    let length = metadata.len();
    let mut hash = Sha256::new();
    let mut block = Vec::with_capacity(BLOCK as usize);
    let mut add = |at: u64, bytes: u64| -> std::io::Result<()> {
        file.seek(SeekFrom::Start(at))?;
        block.clear();
        (&mut file).take(bytes).read_to_end(&mut block)?;
        hash.update(&block);
        Ok(())
    };
    if length <= SAMPLES * BLOCK {
        add(0, length)?;
    } else {
        // The first begins the file, the last ends it.
        let step = (length - BLOCK) as f64 / (SAMPLES - 1) as f64;
        for i in 0..SAMPLES {
            add(((i as f64 * step) as u64).min(length - BLOCK), BLOCK)?;
        }
    }
    let digest = &hex(&hash.finalize())[..32];
    Ok(format!("{MARK}-{length}-{}-{digest}", written_at(&metadata)))
}

/// Whether two fingerprints of an image can be of the same content. Those that earlier programs made
/// say no more than the length here.
pub fn is_same(known: &str, now: &str) -> bool {
    let length = |print: &str| {
        let parts = print.strip_prefix(MARK).and_then(|p| p.strip_prefix('-'));
        (parts.unwrap_or(print)).split('-').next().map(str::to_owned)
    };
    known == now || !known.starts_with(MARK) && now.starts_with(MARK) && length(known) == length(now)
}

/// A ready-made cutout's length and time as one number, never 0; `None` if it isn't there.
pub fn stamp(path: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(path).ok()?;
    let mut hash = Sha256::new();
    hash.update(metadata.len().to_le_bytes());
    hash.update(written_at(&metadata).to_le_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    Some(digest.first_chunk().map_or(1, |b| u64::from_le_bytes(*b)).max(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_change_in_the_middle_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.fits");
        std::fs::write(&path, vec![7u8; 4 << 20]).unwrap();
        let time = std::fs::metadata(&path).unwrap().modified().unwrap();
        let before = fingerprint(&path).unwrap();
        assert_eq!(before, fingerprint(&path).unwrap());
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        // By its samples, though the time says nothing.
        file.write_all_at(&[1; 80_000], 2 << 20).unwrap();
        file.set_modified(time).unwrap();
        let after = fingerprint(&path).unwrap();
        assert!(!is_same(&before, &after), "{before} {after}");
        // By its time, though no sample lies there.
        let stamped = stamp(&path);
        file.set_modified(time + std::time::Duration::from_secs(1))
            .unwrap();
        assert!(!is_same(&after, &fingerprint(&path).unwrap()));
        assert_ne!(stamped, stamp(&path));
        // One that an earlier program made.
        assert!(is_same("4194304-00ff", &after) && !is_same("4194305-00ff", &after));
        assert_eq!(stamp(&dir.path().join("none")), None);
    }
}
