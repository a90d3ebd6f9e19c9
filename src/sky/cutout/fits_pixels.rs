//! Pixels of a FITS image as a source of cutouts: held in memory when it is small, read window by
//! window through a pool of handles when it is large.

use super::{CutoutError, PixelSource};
use crate::io::fits::{FitsError, FitsFile, HduKind};
use crate::io::raster::Plane;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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
    /// Opens plane `plane` of HDU `hdu`, and reads it if it is small.
    pub fn open(path: &Path, hdu: usize, plane: usize) -> Result<Self, FitsError> {
        let mut pixels = Self::unread(path, hdu, plane)?;
        let mut room = crate::memory::free().map(|free| free.bytes);
        if pixels.may_be_held(&mut room) {
            pixels.hold()?;
        }
        Ok(pixels)
    }

    /// Opens a plane, and reads nothing of it yet.
    pub fn unread(path: &Path, hdu: usize, plane: usize) -> Result<Self, FitsError> {
        let mut file = FitsFile::open(path)?;
        let (width, height) = match file.hdus().get(hdu).map(|h| &h.kind) {
            Some(HduKind::Image { shape, .. }) if shape.len() >= 2 => (shape[0], shape[1]),
            // Reading gives the error in the file's own words.
            _ => file.read_plane(hdu, plane).map(|p| (p.width, p.height))?,
        };
        Ok(Self {
            path: path.to_owned(),
            hdu,
            plane,
            width,
            height,
            held: None,
            handles: Mutex::new(vec![file]),
        })
    }

    /// Whether it is small enough to be held in memory whole, of which `room` bytes are left (`None` where nobody
    /// tells): what it takes of them is taken off. It leaves enough for all else: a field has several planes.
    pub fn may_be_held(&self, room: &mut Option<u64>) -> bool {
        let bytes = self.width.saturating_mul(self.height).saturating_mul(4);
        let small = bytes <= IN_MEMORY_BYTES && room.is_none_or(|room| bytes as u64 <= room / 8);
        if small && let Some(room) = room {
            *room -= bytes as u64;
        }
        small
    }

    /// Reads it whole into memory.
    ///
    /// # Errors
    /// As of any plane that is read.
    pub fn hold(&mut self) -> Result<(), FitsError> {
        let handles = self.handles.get_mut();
        let file = handles.unwrap_or_else(PoisonError::into_inner).pop();
        let mut file = match file {
            Some(file) => file,
            None => FitsFile::open(&self.path)?,
        };
        self.held = Some(file.read_plane(self.hdu, self.plane)?);
        Ok(())
    }

    /// The whole plane if it is held in memory.
    pub fn plane(&self) -> Option<&Plane> {
        self.held.as_ref()
    }
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
