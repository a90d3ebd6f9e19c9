//! Reading windows of tile-compressed images: a binary table whose rows are the tiles of an image.
//!
//! Source: FITS Standard 4.0, section 10. Only the tiles a window touches are read, and they are
//! decoded in parallel. Each tile is bounded by what the header says it holds, so a damaged
//! stream costs an error, not memory.

use super::error::{Fault, Trouble};
use super::image::{Scaling, Window, check_size};
use super::layout::Placed;
use super::source::Source;
use super::tile_codec::Tile;
use super::tile_layout::{TileLayout, check_ratio};
use crate::io::raster::Plane;
use rayon::prelude::*;
use std::ops::Range;

/// Compressed bytes and tiles decoded together.
const BATCH_BYTES: usize = 32 << 20;
const BATCH_PIXELS: usize = 16 << 20;

/// One tile's place: its number, and its rectangle and planes in the image.
struct Place {
    number: u64,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    /// Pixels of the tile before the plane that is wanted.
    skip: usize,
    pixels: usize,
}

impl Place {
    /// The image's rows that are in the tile and in a window that it touches.
    fn rows(&self, window: &Window) -> Range<usize> {
        self.y.max(window.y0)..(self.y + self.height).min(window.y0 + window.height)
    }
}

/// Reads a window of a compressed image.
pub(crate) fn read_window(
    source: &mut Source,
    placed: &Placed,
    layout: &TileLayout,
    window: &Window,
) -> Result<Plane, Trouble> {
    let count = check_size(window)?;
    check_ratio(count, placed)?;
    // Zeros that nobody has touched cost nothing: every pixel is written by the thread that decodes it.
    let mut plane = Plane::filled(window.width, window.height, 0.0);
    if count == 0 {
        return Ok(plane);
    }
    let scaling = Scaling::read(&placed.header, layout.bitpix);
    let places =
        places(layout, window).ok_or_else(|| (Fault::Header, "its tiling is impossible".to_owned()))?;
    let mut lines: Vec<&[Place]> = places.chunk_by(|a, b| a.y == b.y).collect();
    lines.reverse();
    let mut left = plane.pixels.as_mut_slice();
    while !lines.is_empty() {
        // As many lines of tiles as are decoded together, each with the rows of the window it fills.
        let mut batch = Vec::new();
        let (mut bytes, mut pixels) = (0_usize, 0_usize);
        while bytes < BATCH_BYTES
            && pixels < BATCH_PIXELS
            && let Some(line) = lines.pop()
        {
            let mut tiles = Vec::with_capacity(line.len());
            for place in line {
                let tile = layout.fetch(source, placed, place.number, place.pixels)?;
                bytes = bytes.saturating_add(tile.data.len());
                pixels = pixels.saturating_add(place.pixels);
                tiles.push((place, tile));
            }
            let rows = line.first().map_or(0, |place| place.rows(window).len());
            let (mine, rest) = std::mem::take(&mut left).split_at_mut(rows * window.width);
            batch.push((tiles, mine));
            left = rest;
        }
        let decoded: Vec<Result<(), Trouble>> = batch
            .into_par_iter()
            .map(|(tiles, rows)| decode_line(&tiles, layout, &scaling, window, rows))
            .collect();
        decoded.into_iter().collect::<Result<(), Trouble>>()?;
    }
    Ok(plane)
}

/// Decodes tiles that stand beside each other into the rows of the window that they fill.
fn decode_line(
    tiles: &[(&Place, Tile)],
    layout: &TileLayout,
    scaling: &Scaling,
    window: &Window,
    rows: &mut [f32],
) -> Result<(), Trouble> {
    let most = tiles.iter().map(|(place, _)| place.pixels).max().unwrap_or(0);
    for some in tiles.chunks((BATCH_PIXELS / most.max(1)).max(1)) {
        let decoded: Vec<Result<Vec<f32>, Trouble>> = some
            .par_iter()
            .map(|(_, tile)| tile.decode(&layout.method, layout.bitpix, scaling))
            .collect();
        for ((place, _), values) in some.iter().zip(decoded) {
            copy_tile(&values?, place, window, rows);
        }
    }
    Ok(())
}

/// The tiles a window touches, in file order.
fn places(layout: &TileLayout, window: &Window) -> Option<Vec<Place>> {
    let axis = |k: usize| layout.shape.get(k).copied().unwrap_or(1);
    let tile = |k: usize| layout.tile.get(k).copied().unwrap_or(1);
    // The higher coordinates of the plane, the tile they fall into and the plane within it.
    let mut rest = window.plane;
    let mut number_above = 0_u64;
    let mut stride = (axis(0).div_ceil(tile(0)) as u64).checked_mul(axis(1).div_ceil(tile(1)) as u64)?;
    let mut plane_in_tile = 0_usize;
    let mut planes_per_tile = 1_usize;
    for k in 2..layout.shape.len() {
        let coordinate = rest % axis(k).max(1);
        rest /= axis(k).max(1);
        let index = coordinate / tile(k);
        number_above = number_above.checked_add(stride.checked_mul(index as u64)?)?;
        stride = stride.checked_mul(axis(k).div_ceil(tile(k)) as u64)?;
        let deep = tile(k).min(axis(k) - index * tile(k));
        plane_in_tile = plane_in_tile.checked_add((coordinate % tile(k)).checked_mul(planes_per_tile)?)?;
        planes_per_tile = planes_per_tile.checked_mul(deep)?;
    }
    let across = axis(0).div_ceil(tile(0)) as u64;
    let mut found = Vec::new();
    for ty in window.y0 / tile(1)..=(window.y0 + window.height - 1) / tile(1) {
        for tx in window.x0 / tile(0)..=(window.x0 + window.width - 1) / tile(0) {
            let (x, y) = (tx * tile(0), ty * tile(1));
            let (width, height) = (tile(0).min(axis(0) - x), tile(1).min(axis(1) - y));
            let area = width.checked_mul(height)?;
            found.push(Place {
                number: number_above
                    .checked_add((ty as u64).checked_mul(across)?)?
                    .checked_add(tx as u64)?,
                x,
                y,
                width,
                height,
                skip: area.checked_mul(plane_in_tile)?,
                pixels: area.checked_mul(planes_per_tile)?,
            });
        }
    }
    Some(found)
}

/// Copies the part of a decoded tile that lies in the window to the window's rows from the tile's first on;
/// what a stream doesn't hold has no value.
fn copy_tile(values: &[f32], place: &Place, window: &Window, rows: &mut [f32]) {
    let x_from = place.x.max(window.x0);
    let x_to = (place.x + place.width).min(window.x0 + window.width);
    for (y, row) in place.rows(window).zip(rows.chunks_exact_mut(window.width)) {
        let start = place.skip + (y - place.y) * place.width + (x_from - place.x);
        let to = &mut row[x_from - window.x0..x_to - window.x0];
        match values.get(start..start + (x_to - x_from)) {
            Some(from) => to.copy_from_slice(from),
            None => to.fill(f32::NAN),
        }
    }
}
