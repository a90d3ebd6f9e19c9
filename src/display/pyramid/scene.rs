//! What is shown: one band, or three as red, green and blue, on the pixel grid of one of them.

use super::cache::{TileKey, ValueCache};
use super::source::{BandFile, BandPath, Reader};
use super::warp::warp;
use super::{Grid, Place, TILE};
use crate::io::raster::Plane;
use crate::sky::wcs::Wcs;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Most texels a side of the overview.
const OVERVIEW: usize = 1024;
/// Values that limits are found from.
const SAMPLE: usize = 1 << 17;
/// Positions that differ by less than this are one grid, pixels.
const SAME: f64 = 0.05;

/// Which bands are shown, as indices into the field's bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channels {
    /// One, through a colour map.
    One(usize),
    /// Red, green and blue; the green of `None` is the mean of the others.
    Colours(usize, Option<usize>, usize),
}

impl Channels {
    /// All bands there are as colours, blue to red as they are ordered; one band alone.
    pub fn colours_of(bands: usize) -> Self {
        match bands {
            0 | 1 => Self::One(0),
            2 => Self::Colours(1, None, 0),
            n => Self::Colours(n - 1, Some(n / 2), 0),
        }
    }

    /// The same, or the reference band where it names a band that isn't there.
    pub fn within(self, bands: usize) -> Self {
        let is_there = match self {
            Self::One(b) => b < bands,
            Self::Colours(r, g, b) => r < bands && b < bands && g.is_none_or(|g| g < bands),
        };
        if is_there { self } else { Self::One(bands / 2) }
    }

    /// Indices of the layers' bands.
    fn bands(self) -> Vec<usize> {
        match self {
            Self::One(b) => vec![b],
            Self::Colours(r, Some(g), b) => vec![r, g, b],
            Self::Colours(r, None, b) => vec![r, b],
        }
    }
}

struct Layer {
    band: BandFile,
    is_warped: bool,
}

/// Everything needed to draw a field, its pixels left in the files. Shared between threads.
pub struct Scene {
    /// The pixel grid that is drawn.
    pub grid: Grid,
    /// Which bands.
    pub channels: Channels,
    /// The whole, roughly: one plane a channel.
    pub overview: Vec<Plane>,
    /// Pixels per texel of the overview.
    pub step: usize,
    /// Some of the overview's values, for limits: enough of them, and few enough to be quick.
    pub sample: Vec<Plane>,
    layers: Vec<Layer>,
    main: usize,
    /// The band whose pixels object positions are given in, if its grid is another.
    reference: Option<BandFile>,
}

impl Scene {
    /// Opens the bands of `channels` and reads the overview. Objects lie in the pixels of band
    /// `reference`.
    ///
    /// # Errors
    /// In words for a person, when a file is gone or can't be read.
    pub fn open(bands: &[BandPath], reference: usize, channels: Channels) -> Result<Self, String> {
        let mut reader = Reader::default();
        let channels = channels.within(bands.len());
        let numbers = channels.bands();
        let mut files = Vec::new();
        for &n in &numbers {
            let band = bands.get(n).ok_or("this field has no image")?;
            files.push(reader.open(band)?);
        }
        // The reference band's grid if it is shown, else that of the middle channel.
        let main = numbers
            .iter()
            .position(|&n| n == reference)
            .unwrap_or(files.len() / 2);
        let grid = files[main].grid;
        let are_warped: Vec<bool> = files.iter().map(|f| !is_same(&files[main], f)).collect();
        if are_warped.contains(&true) && files.iter().any(|f| f.wcs.is_none()) {
            return Err(
                "these bands have different sizes and no common WCS: they can only be shown one by one"
                    .into(),
            );
        }
        let reference = match bands.get(reference) {
            Some(band) if !numbers.contains(&reference) => {
                Some(reader.open(band)?).filter(|r| !is_same(&files[main], r))
            }
            _ => None,
        };
        let layers: Vec<Layer> = files
            .into_iter()
            .zip(are_warped)
            .map(|(band, is_warped)| Layer { band, is_warped })
            .collect();
        let mut scene = Self {
            grid,
            channels,
            overview: Vec::new(),
            step: 1,
            sample: Vec::new(),
            layers,
            main,
            reference,
        };
        let (main_view, step) = reader.overview(&scene.layers[main].band, OVERVIEW)?;
        scene.step = step;
        let mut planes = Vec::new();
        for (i, layer) in scene.layers.iter().enumerate() {
            planes.push(Arc::new(if i == main {
                main_view.clone()
            } else if layer.is_warped {
                let (own, own_step) = reader.overview(&layer.band, OVERVIEW)?;
                let scale = step as f64;
                warp(
                    main_view.width,
                    main_view.height,
                    |x, y| scene.to_layer(i, (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5),
                    |x, y| texel(&own, x, y, own_step),
                )
            } else {
                reader.overview(&layer.band, OVERVIEW)?.0
            }));
        }
        scene.overview = scene.complete(planes).iter().map(|p| (**p).clone()).collect();
        scene.sample = scene.overview.iter().map(thinned).collect();
        Ok(scene)
    }

    /// The bands shown, in the order of the channels.
    pub fn bands(&self) -> impl Iterator<Item = &BandFile> {
        self.layers.iter().map(|l| &l.band)
    }

    /// Number of planes that are drawn: 1, or 3 for colours.
    pub fn is_coloured(&self) -> bool {
        matches!(self.channels, Channels::Colours(..))
    }

    /// Where the grid lies on the sky.
    pub fn wcs(&self) -> Option<&Wcs> {
        self.layers.get(self.main)?.band.wcs.as_ref()
    }

    /// From the pixels that objects are given in to the grid's.
    pub fn from_reference(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        match &self.reference {
            None => Some((x, y)),
            Some(reference) => across(reference.wcs.as_ref()?, self.wcs()?, x, y),
        }
    }

    /// From the grid's pixels to those that objects are given in.
    pub fn to_reference(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        match &self.reference {
            None => Some((x, y)),
            Some(reference) => across(self.wcs()?, reference.wcs.as_ref()?, x, y),
        }
    }

    fn to_layer(&self, layer: usize, x: f64, y: f64) -> Option<(f64, f64)> {
        across(self.wcs()?, self.layers.get(layer)?.band.wcs.as_ref()?, x, y)
    }

    /// The values of one tile, a plane a channel.
    ///
    /// # Errors
    /// In words for a person, when a file can't be read.
    pub fn planes(
        &self,
        place: Place,
        reader: &mut Reader,
        cache: &Mutex<ValueCache>,
    ) -> Result<Vec<Arc<Plane>>, String> {
        let mut planes = Vec::with_capacity(3);
        for (i, layer) in self.layers.iter().enumerate() {
            planes.push(if layer.is_warped {
                self.warped(i, place, reader, cache)?
            } else {
                reader.tile(&layer.band, i as u8, place, cache)?
            });
        }
        Ok(self.complete(planes))
    }

    /// Values under a pixel, one a band, from what is in memory; `None` if that tile isn't.
    pub fn values_at(&self, x: usize, y: usize, cache: &mut ValueCache) -> Option<Vec<f32>> {
        let place = tile_of(x, y);
        self.layers
            .iter()
            .enumerate()
            .map(|(i, layer)| {
                let key = TileKey {
                    layer: i as u8,
                    is_warped: layer.is_warped,
                    place,
                };
                cache.get(key)?.get(x % TILE, y % TILE)
            })
            .collect()
    }

    /// Two bands as colours: their mean is the green.
    fn complete(&self, mut planes: Vec<Arc<Plane>>) -> Vec<Arc<Plane>> {
        if self.is_coloured()
            && let [red, blue] = planes.as_slice()
        {
            let mean = red.pixels.iter().zip(&blue.pixels).map(|(&a, &b)| {
                if a.is_nan() {
                    b
                } else if b.is_nan() {
                    a
                } else {
                    (a + b) / 2.0
                }
            });
            let green = Plane {
                width: red.width,
                height: red.height,
                pixels: mean.collect(),
            };
            planes.insert(1, Arc::new(green));
        }
        planes
    }

    fn warped(
        &self,
        layer: usize,
        place: Place,
        reader: &mut Reader,
        cache: &Mutex<ValueCache>,
    ) -> Result<Arc<Plane>, String> {
        let key = TileKey {
            layer: layer as u8,
            is_warped: true,
            place,
        };
        if let Some(held) = cache.lock().ok().and_then(|mut c| c.get(key)) {
            return Ok(held);
        }
        let band = &self.layers[layer].band;
        let (w, h) = self.grid.tile_size(place);
        let [left, bottom, ..] = self.grid.extent(place);
        let scale = (1u64 << place.level) as f64;
        let position =
            |x: f64, y: f64| self.to_layer(layer, left + (x + 0.5) * scale, bottom + (y + 0.5) * scale);
        // The band's own level whose texels are about as large as these.
        let (cx, cy) = (w as f64 / 2.0, h as f64 / 2.0);
        let spacing = match (position(cx, cy), position(cx + 1.0, cy)) {
            (Some(a), Some(b)) => (a.0 - b.0).hypot(a.1 - b.1),
            _ => scale,
        };
        let level = band.grid.level_for(1.0 / spacing.max(1e-3));
        let step = 1usize << level;
        let mut parts: HashMap<Place, Option<Arc<Plane>>> = HashMap::new();
        let mut trouble = None;
        let made = warp(w, h, position, |x, y| {
            let (tx, ty) = ((x + 0.5) / step as f64, (y + 0.5) / step as f64);
            if !(tx >= 0.0 && ty >= 0.0) {
                return f32::NAN;
            }
            let (tx, ty) = (tx as usize, ty as usize);
            let (lw, lh) = band.grid.size_at(level);
            if tx >= lw || ty >= lh {
                return f32::NAN;
            }
            let part = Place {
                level,
                ..tile_of(tx, ty)
            };
            let held = parts.entry(part).or_insert_with(|| {
                reader
                    .tile(band, layer as u8, part, cache)
                    .map_err(|why| trouble = Some(why))
                    .ok()
            });
            held.as_ref()
                .and_then(|p| p.get(tx % TILE, ty % TILE))
                .unwrap_or(f32::NAN)
        });
        if let Some(why) = trouble {
            return Err(why);
        }
        let made = Arc::new(made);
        if let Ok(mut cache) = cache.lock() {
            cache.put(key, made.clone());
        }
        Ok(made)
    }
}

/// At most about [`SAMPLE`] of a plane's values, evenly, in one row.
fn thinned(plane: &Plane) -> Plane {
    // An odd step doesn't fall into step with the rows.
    let step = (plane.pixels.len() / SAMPLE).max(1) | 1;
    let pixels: Vec<f32> = plane.pixels.iter().step_by(step).copied().collect();
    Plane {
        width: pixels.len(),
        height: 1,
        pixels,
    }
}

/// The tile of level 0 that holds a pixel.
fn tile_of(x: usize, y: usize) -> Place {
    Place {
        level: 0,
        x: (x / TILE) as u32,
        y: (y / TILE) as u32,
    }
}

fn texel(plane: &Plane, x: f64, y: f64, step: usize) -> f32 {
    let (tx, ty) = ((x + 0.5) / step as f64, (y + 0.5) / step as f64);
    if tx >= 0.0 && ty >= 0.0 {
        plane.get(tx as usize, ty as usize).unwrap_or(f32::NAN)
    } else {
        f32::NAN
    }
}

/// From one image's pixels to another's, through the ICRS where both know it.
fn across(from: &Wcs, to: &Wcs, x: f64, y: f64) -> Option<(f64, f64)> {
    match from.icrs_from_pixel(x, y) {
        Some((ra, dec)) => to.pixel_from_icrs(ra, dec),
        None => {
            let (lon, lat) = from.sky_from_pixel(x, y)?;
            to.pixel_from_sky(lon, lat)
        }
    }
}

/// Whether two images have one pixel grid: the same size, and the same sky at the corners.
fn is_same(a: &BandFile, b: &BandFile) -> bool {
    if a.grid != b.grid {
        return false;
    }
    let (Some(wa), Some(wb)) = (&a.wcs, &b.wcs) else {
        // Without WCS nothing better can be said.
        return true;
    };
    let (w, h) = ((a.grid.width - 1) as f64, (a.grid.height - 1) as f64);
    [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h), (w / 2.0, h / 2.0)]
        .iter()
        .all(|&(x, y)| match (across(wa, wb, x, y), wa.sky_from_pixel(x, y)) {
            (Some((u, v)), _) => (u - x).abs() < SAME && (v - y).abs() < SAME,
            // Off the sky of both.
            (None, sky) => sky.is_none(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_fit_the_bands() {
        assert_eq!(Channels::colours_of(1), Channels::One(0));
        assert_eq!(Channels::colours_of(2), Channels::Colours(1, None, 0));
        assert_eq!(Channels::colours_of(5), Channels::Colours(4, Some(2), 0));
        assert_eq!(Channels::One(7).within(3), Channels::One(1));
        assert_eq!(Channels::Colours(2, Some(9), 0).within(3), Channels::One(1));
    }

    #[test]
    fn tiles_of_a_real_file_are_its_pixels() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/survey_r.fits.fz");
        let mut file = crate::io::fits::FitsFile::open(&path).unwrap();
        let hdu = file.hdus().iter().position(|h| h.planes() > 0).unwrap();
        let whole = file.read_plane(hdu, 0).unwrap();
        let band = BandPath {
            name: "r".into(),
            path,
            hdu,
            plane: 0,
        };
        let scene = Scene::open(&[band], 0, Channels::One(0)).unwrap();
        let cache = Mutex::new(ValueCache::new(64 << 20));
        let mut reader = Reader::default();
        let place = tile_of(scene.grid.width - 1, scene.grid.height - 1);
        let tile = &scene.planes(place, &mut reader, &cache).unwrap()[0];
        assert_eq!((tile.width, tile.height), scene.grid.tile_size(place));
        let (x, y) = (scene.grid.width - 1, scene.grid.height - 1);
        assert_eq!(tile.get(x % TILE, y % TILE), whole.get(x, y));
        let seen = scene.values_at(x, y, &mut cache.lock().unwrap());
        assert_eq!(seen, whole.get(x, y).map(|v| vec![v]));
        // One halving read from the file is one halving of the whole.
        let fresh = Mutex::new(ValueCache::new(64 << 20));
        let half = &scene
            .planes(Place { level: 1, x: 0, y: 0 }, &mut reader, &fresh)
            .unwrap()[0];
        let expected = super::super::halve(&whole);
        for (i, j) in [(0, 0), (5, 7), (half.width - 1, half.height - 1)] {
            assert_eq!(half.get(i, j), expected.get(i, j));
        }
    }
}
