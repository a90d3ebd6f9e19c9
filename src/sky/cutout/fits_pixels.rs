//! Pixels of a FITS image as a source of cutouts: held in memory when it is small, read window by
//! window through a pool of handles when it is large.

use super::{CutoutError, PixelSource};
use crate::io::fits::{FitsError, FitsFile, HduKind};
use crate::io::raster::Plane;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Planes up to this many bytes are held in memory whole.
const IN_MEMORY_BYTES: usize = 1 << 30;

/// One plane of one HDU.
pub struct FitsPixels {
    path: PathBuf,
    hdu: usize,
    plane: usize,
    width: usize,
    height: usize,
    held: Option<Plane>,
    // One handle a thread that reads at the same time; taken out while in use.
    handles: Mutex<Vec<FitsFile>>,
}

impl FitsPixels {
    /// Opens plane `plane` of HDU `hdu`.
    pub fn open(path: &Path, hdu: usize, plane: usize) -> Result<Self, FitsError> {
        let mut file = FitsFile::open(path)?;
        let (width, height) = match file.hdus().get(hdu).map(|h| &h.kind) {
            Some(HduKind::Image { shape, .. }) if shape.len() >= 2 => (shape[0], shape[1]),
            // Reading gives the error in the file's own words.
            _ => file.read_plane(hdu, plane).map(|p| (p.width, p.height))?,
        };
        let held = match width.saturating_mul(height).saturating_mul(4) {
            bytes if bytes <= IN_MEMORY_BYTES && has_room(bytes) => Some(file.read_plane(hdu, plane)?),
            _ => None,
        };
        let handles = Mutex::new(if held.is_some() { vec![] } else { vec![file] });
        Ok(Self {
            path: path.to_owned(),
            hdu,
            plane,
            width,
            height,
            held,
            handles,
        })
    }

    /// The whole plane if it is held in memory.
    pub fn plane(&self) -> Option<&Plane> {
        self.held.as_ref()
    }
}

/// Whether a plane of so many bytes leaves enough for all else: a field has several.
fn has_room(bytes: usize) -> bool {
    crate::memory::free().is_none_or(|free| bytes as u64 <= free.bytes / 8)
}

impl PixelSource for FitsPixels {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    fn window(&self, x0: usize, y0: usize, width: usize, height: usize) -> Result<Plane, CutoutError> {
        if let Some(plane) = &self.held {
            return plane.window(x0, y0, width, height);
        }
        let taken = self.handles.lock().ok().and_then(|mut pool| pool.pop());
        let failed = |e: FitsError| CutoutError::Read(Box::new(e));
        let mut file = match taken {
            Some(file) => file,
            None => FitsFile::open(&self.path).map_err(failed)?,
        };
        let window = file
            .read_window(self.hdu, self.plane, x0, y0, width, height)
            .map_err(failed);
        if let Ok(mut pool) = self.handles.lock() {
            pool.push(file);
        }
        window
    }
}
