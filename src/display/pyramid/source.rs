//! One band's file, and reading tiles of it.

use super::cache::{TileKey, ValueCache};
use super::reduce::{columns, halve, reduce};
use super::{Grid, Place, TILE};
use crate::io::fits::{FitsFile, HduKind, Header};
use crate::io::raster::Plane;
use crate::sky::wcs::Wcs;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What is known of a band's image without its pixels.
pub struct BandFile {
    /// Its name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Index of the HDU.
    pub hdu: usize,
    /// Index of the plane in a cube.
    pub plane: usize,
    /// Size in pixels.
    pub grid: Grid,
    /// Where its pixels lie on the sky, if the header says so.
    pub wcs: Option<Wcs>,
    /// BUNIT; empty if there is none.
    pub unit: String,
    /// All cards of the HDU.
    pub header: Header,
    /// Whether it is tile-compressed: whole rows of tiles are then read at once, because the usual
    /// compressed tile is a row of the image.
    pub is_packed: bool,
}

/// Where a band's pixels are.
#[derive(Debug, Clone, PartialEq)]
pub struct BandPath {
    /// Its name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Index of the HDU.
    pub hdu: usize,
    /// Index of the plane in a cube.
    pub plane: usize,
}

/// Open files of one thread.
#[derive(Default)]
pub struct Reader {
    files: HashMap<PathBuf, FitsFile>,
}

/// Reads `width` × `height` values from (`x0`, `y0`).
struct Window {
    x0: usize,
    y0: usize,
    width: usize,
    height: usize,
}

impl Reader {
    /// Reads what is known of a band without its pixels.
    pub fn open(&mut self, band: &BandPath) -> Result<BandFile, String> {
        if !band.path.exists() {
            return Err(format!(
                "{}: this image is gone; if it moved, say where with `astrolabel relocate OLD NEW`",
                band.path.display()
            ));
        }
        let file = self.file(&band.path)?;
        let info = file
            .hdus()
            .get(band.hdu)
            .ok_or_else(|| format!("{}: has no HDU {}", band.path.display(), band.hdu))?;
        let (Some((width, height)), HduKind::Image { compression, .. }) = (info.plane_size(), &info.kind)
        else {
            return Err(format!("{}: HDU {} is no image", band.path.display(), band.hdu));
        };
        Ok(BandFile {
            name: band.name.clone(),
            path: band.path.clone(),
            hdu: band.hdu,
            plane: band.plane,
            grid: Grid { width, height },
            wcs: Wcs::from_header(&info.header).ok(),
            unit: info.header.text("BUNIT").unwrap_or_default().trim().to_owned(),
            header: info.header.clone(),
            is_packed: compression.is_some(),
        })
    }

    fn file(&mut self, path: &Path) -> Result<&mut FitsFile, String> {
        match self.files.entry(path.to_owned()) {
            std::collections::hash_map::Entry::Occupied(held) => Ok(held.into_mut()),
            std::collections::hash_map::Entry::Vacant(empty) => {
                Ok(empty.insert(FitsFile::open(path).map_err(|e| e.to_string())?))
            }
        }
    }

    fn window(&mut self, band: &BandFile, w: &Window) -> Result<Plane, String> {
        self.file(&band.path)?
            .read_window(band.hdu, band.plane, w.x0, w.y0, w.width, w.height)
            .map_err(|e| e.to_string())
    }

    /// Every n-th pixel of every n-th row, so that there are at most `side` a side; returns n too.
    /// Single pixels, not means: their noise is the image's own, so that limits found here fit it.
    pub fn overview(&mut self, band: &BandFile, side: usize) -> Result<(Plane, usize), String> {
        let Grid { width, height } = band.grid;
        let step = width.max(height).div_ceil(side.max(1)).max(1);
        let (w, h) = (width.div_ceil(step), height.div_ceil(step));
        if step == 1 {
            let whole = Window {
                x0: 0,
                y0: 0,
                width,
                height,
            };
            return Ok((self.window(band, &whole)?, 1));
        }
        let mut small = Plane::filled(w, h, f32::NAN);
        for y in 0..h {
            let row = Window {
                x0: 0,
                y0: (y * step + step / 2).min(height - 1),
                width,
                height: 1,
            };
            let row = self.window(band, &row)?;
            for (x, value) in small.row_mut(y).iter_mut().enumerate() {
                *value = row.pixels[(x * step + step / 2).min(width - 1)];
            }
        }
        Ok((small, step))
    }

    /// One tile of a band in its own grid, from `cache`, from its four parts there, or from the file.
    pub fn tile(
        &mut self,
        band: &BandFile,
        layer: u8,
        place: Place,
        cache: &Mutex<ValueCache>,
    ) -> Result<Arc<Plane>, String> {
        let key = |place| TileKey {
            layer,
            is_warped: false,
            place,
        };
        if let Some(held) = held(cache, key(place)) {
            return Ok(held);
        }
        let (w, h) = band.grid.tile_size(place);
        if w == 0 || h == 0 {
            return Err("there is no such tile".to_owned());
        }
        if let Some(made) = from_parts(band.grid, place, |part| held(cache, key(part))) {
            let made = Arc::new(made);
            keep(cache, key(place), made.clone());
            return Ok(made);
        }
        let across = band.grid.size_at(place.level).0.div_ceil(TILE) as u32;
        let (first, end) = if band.is_packed {
            (0, across)
        } else {
            (place.x, place.x + 1)
        };
        let row = self.row_of_tiles(band, place.level, place.y, first as usize, end as usize)?;
        let mut wanted = None;
        for x in first..end {
            let from = (x - first) as usize * TILE;
            let tile = Arc::new(columns(&row, from, from + TILE));
            if x == place.x {
                wanted = Some(tile.clone());
            }
            keep(cache, key(Place { x, ..place }), tile);
        }
        wanted.ok_or_else(|| "there is no such tile".to_owned())
    }

    /// Tiles `first`..`end` of one row of a level, side by side. Read in strips that are halved at once,
    /// so that a high level needs no more memory than a low one.
    fn row_of_tiles(
        &mut self,
        band: &BandFile,
        level: u8,
        row: u32,
        first: usize,
        end: usize,
    ) -> Result<Plane, String> {
        let side = TILE << level;
        let x0 = first * side;
        let width = (end * side).min(band.grid.width) - x0;
        let y0 = row as usize * side;
        let top = (y0 + side).min(band.grid.height);
        let mut whole: Option<Plane> = None;
        for y in (y0..top).step_by(TILE) {
            let strip = Window {
                x0,
                y0: y,
                width,
                height: TILE.min(top - y),
            };
            let part = reduce(self.window(band, &strip)?, level);
            match &mut whole {
                None => whole = Some(part),
                Some(whole) => {
                    whole.height += part.height;
                    whole.pixels.extend_from_slice(&part.pixels);
                }
            }
        }
        whole.ok_or_else(|| "there is no such row of tiles".to_owned())
    }
}

fn held(cache: &Mutex<ValueCache>, key: TileKey) -> Option<Arc<Plane>> {
    cache.lock().ok().and_then(|mut c| c.get(key))
}

fn keep(cache: &Mutex<ValueCache>, key: TileKey, plane: Arc<Plane>) {
    if let Ok(mut cache) = cache.lock() {
        cache.put(key, plane);
    }
}

/// A tile from the tiles one level below, if all are there.
fn from_parts(grid: Grid, place: Place, part: impl Fn(Place) -> Option<Arc<Plane>>) -> Option<Plane> {
    let level = place.level.checked_sub(1)?;
    let (w, h) = grid.tile_size(place);
    let mut made = Plane::filled(w, h, f32::NAN);
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let below = Place {
            level,
            x: place.x * 2 + dx,
            y: place.y * 2 + dy,
        };
        let (bw, bh) = grid.tile_size(below);
        if bw == 0 || bh == 0 {
            continue;
        }
        let small = halve(&*part(below)?);
        let (x0, y0) = (dx as usize * TILE / 2, dy as usize * TILE / 2);
        for y in 0..small.height {
            made.row_mut(y0 + y)[x0..x0 + small.width].copy_from_slice(small.row(y));
        }
    }
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_tiles_make_one() {
        let grid = Grid {
            width: 600,
            height: 300,
        };
        let plane = |place| {
            let (w, h) = grid.tile_size(place);
            let [left, bottom, ..] = grid.extent(place);
            let value = |i: usize| ((left + 0.5) as usize + i % w + (bottom + 0.5) as usize + i / w) as f32;
            Some(Arc::new(Plane::from_pixels(
                w,
                h,
                (0..w * h).map(value).collect(),
            )))
        };
        let made = from_parts(grid, Place { level: 1, x: 0, y: 0 }, plane).unwrap();
        assert_eq!((made.width, made.height), (256, 150));
        // The mean of x+y over (2i, 2i+1) × (2j, 2j+1) is 2i + 2j + 1.
        for (i, j) in [(0, 0), (127, 10), (128, 127), (255, 149)] {
            assert_eq!(made.get(i, j), Some((2 * i + 2 * j + 1) as f32), "{i} {j}");
        }
        assert!(from_parts(grid, Place { level: 1, x: 0, y: 0 }, |_| None).is_none());
        assert!(from_parts(grid, Place { level: 0, x: 0, y: 0 }, plane).is_none());
    }
}
