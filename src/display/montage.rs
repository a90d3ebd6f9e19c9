//! A montage: many cutouts with captions in one picture, to look at or to hand on.

use super::font::{self, ADVANCE, GLYPH_HEIGHT, GLYPH_WIDTH};
use super::rgb::RgbImage;
use crate::io::raster::Plane;
use crate::sky::cutout::{Filter, resize};

const BACKGROUND: [u8; 3] = [18, 20, 24];
const TILE_BACKGROUND: [u8; 3] = [0, 0, 0];
const FRAME: [u8; 3] = [62, 68, 78];
const CAPTION: [u8; 3] = [190, 196, 206];
const TITLE: [u8; 3] = [236, 240, 246];

/// The tiles' arithmetic, all in pixels of the montage.
struct Layout {
    columns: usize,
    rows: usize,
    tile: usize,
    gap: usize,
    title_height: usize,
    caption_height: usize,
    /// Pixels of the montage per font pixel.
    caption_scale: usize,
    title_scale: usize,
}

impl Layout {
    fn new(count: usize, columns: Option<usize>, tile: usize, captions: bool, title: bool) -> Self {
        let tile = tile.clamp(8, 4096);
        // As square as it goes, wider rather than higher: screens and pages are.
        let square = (count as f64).sqrt().ceil() as usize;
        let columns = columns.unwrap_or(square).clamp(1, count.max(1));
        let caption_scale = (tile / 112).max(1);
        let title_scale = (tile / 96).clamp(2, 4);
        Self {
            columns,
            rows: count.div_ceil(columns),
            tile,
            gap: (tile / 16).clamp(4, 16),
            title_height: if title {
                GLYPH_HEIGHT * title_scale + 2 * title_scale
            } else {
                0
            },
            caption_height: if captions {
                (GLYPH_HEIGHT + 4) * caption_scale
            } else {
                0
            },
            caption_scale,
            title_scale,
        }
    }

    fn width(&self) -> usize {
        self.columns * (self.tile + self.gap) + self.gap
    }

    fn height(&self) -> usize {
        let top = if self.title_height > 0 {
            self.title_height + self.gap
        } else {
            0
        };
        top + self.rows * (self.tile + self.caption_height + self.gap) + self.gap
    }

    /// Top left corner of a tile.
    fn corner(&self, number: usize) -> (usize, usize) {
        let (row, column) = (number / self.columns, number % self.columns);
        let top = if self.title_height > 0 {
            self.title_height + self.gap
        } else {
            0
        };
        (
            self.gap + column * (self.tile + self.gap),
            top + self.gap + row * (self.tile + self.caption_height + self.gap),
        )
    }
}

/// Tiles in an even grid on a dark ground, each scaled to fit `tile_px` (8–4096) with its shape
/// kept, its caption below and an optional title above.
///
/// `columns` of `None` makes the grid about square. Captions and title are cut with … where they
/// would not fit. With no tile at all the result is an empty ground. The picture's memory is
/// three bytes a pixel: a caller with thousands of tiles pages them.
pub fn montage(
    tiles: &[(RgbImage, String)],
    columns: Option<usize>,
    tile_px: usize,
    title: Option<&str>,
) -> RgbImage {
    let title = title.filter(|t| !t.trim().is_empty());
    let captions = tiles.iter().any(|(_, caption)| !caption.is_empty());
    let layout = Layout::new(tiles.len(), columns, tile_px, captions, title.is_some());
    let mut sheet = RgbImage::filled(layout.width(), layout.height(), BACKGROUND);
    if let Some(title) = title {
        let room = layout.width() - 2 * layout.gap;
        let y = layout.gap + layout.title_scale;
        write(&mut sheet, title, layout.gap, y, room, layout.title_scale, TITLE);
    }
    for (number, (image, caption)) in tiles.iter().enumerate() {
        let (x, y) = layout.corner(number);
        frame(&mut sheet, x - 1, y - 1, layout.tile + 2);
        place(&mut sheet, image, x, y, layout.tile);
        let caption_y = y + layout.tile + 3 * layout.caption_scale;
        write(
            &mut sheet,
            caption,
            x,
            caption_y,
            layout.tile,
            layout.caption_scale,
            CAPTION,
        );
    }
    sheet
}

/// A square frame one pixel thick around a dark tile.
fn frame(sheet: &mut RgbImage, x: usize, y: usize, side: usize) {
    for j in 0..side {
        for i in 0..side {
            let border = i == 0 || j == 0 || i == side - 1 || j == side - 1;
            sheet.set(x + i, y + j, if border { FRAME } else { TILE_BACKGROUND });
        }
    }
}

/// Puts an image into a square, scaled with its shape kept and centred.
fn place(sheet: &mut RgbImage, image: &RgbImage, x: usize, y: usize, side: usize) {
    let longest = image.width.max(image.height);
    if longest == 0 || image.pixels.len() != image.width * image.height * 3 {
        return;
    }
    let fitted = |length: usize| ((length * side + longest / 2) / longest).clamp(1, side);
    let (width, height) = (fitted(image.width), fitted(image.height));
    let (left, top) = (x + (side - width) / 2, y + (side - height) / 2);
    let channels: [Plane; 3] = std::array::from_fn(|c| {
        let pixels = image
            .pixels
            .iter()
            .skip(c)
            .step_by(3)
            .map(|&v| f32::from(v))
            .collect();
        let plane = Plane {
            width: image.width,
            height: image.height,
            pixels,
        };
        resize(&plane, width, height, Filter::Bicubic)
    });
    for j in 0..height {
        for i in 0..width {
            let colour = channels.each_ref().map(|plane| (plane.row(j)[i] + 0.5) as u8);
            sheet.set(left + i, top + j, colour);
        }
    }
}

/// Writes one line within `room` pixels.
fn write(sheet: &mut RgbImage, text: &str, x: usize, y: usize, room: usize, scale: usize, colour: [u8; 3]) {
    let spacing = (ADVANCE - GLYPH_WIDTH) * scale;
    let line = font::fitted(text, (room + spacing) / (ADVANCE * scale));
    for (number, character) in line.chars().enumerate() {
        let left = x + number * ADVANCE * scale;
        for (row, bits) in font::glyph(character).into_iter().enumerate() {
            for column in (0..GLYPH_WIDTH).filter(|column| bits >> (GLYPH_WIDTH - 1 - column) & 1 == 1) {
                for j in 0..scale {
                    for i in 0..scale {
                        sheet.set(left + column * scale + i, y + row * scale + j, colour);
                    }
                }
            }
        }
    }
}
