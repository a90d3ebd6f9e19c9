//! One open FITS file: its HDUs, and what can be read from them.

use super::error::{Fault, FitsError, Trouble};
use super::header::Header;
use super::layout::{self, Placed};
use super::source::Source;
use super::{ascii_table, image, table, tiles};
use crate::io::catalog::table::Table;
use crate::io::raster::Plane;
use std::path::{Path, PathBuf};

/// What one HDU is.
#[derive(Debug, Clone, PartialEq)]
pub struct HduInfo {
    /// Position in the file; 0 is the primary HDU.
    pub index: usize,
    /// EXTNAME, if it has one that isn't blank.
    pub name: Option<String>,
    /// EXTVER.
    pub version: Option<i64>,
    /// What it holds.
    pub kind: HduKind,
    /// Its cards. For a tile-compressed image the image's own: ZBITPIX, ZNAXIS… stand as BITPIX,
    /// NAXIS…, the table's keywords are gone.
    pub header: Header,
}

/// What an HDU holds.
#[derive(Debug, Clone, PartialEq)]
pub enum HduKind {
    /// No data.
    Empty,
    /// An array of numbers.
    Image {
        /// Lengths of the axes, NAXIS1 first.
        shape: Vec<usize>,
        /// BITPIX of the pixels: 8, 16, 32, 64, -32 or -64.
        bitpix: i32,
        /// ZCMPTYPE of a tile-compressed image.
        compression: Option<String>,
    },
    /// A binary table.
    BinaryTable {
        /// NAXIS2.
        rows: usize,
        /// TFIELDS.
        columns: usize,
    },
    /// An ASCII table.
    AsciiTable {
        /// NAXIS2.
        rows: usize,
        /// TFIELDS.
        columns: usize,
    },
    /// The random groups of radio interferometry (deprecated by the standard): visibilities, which
    /// are not read. Groups of pictures are an [`HduKind::Image`] whose last axis counts them.
    RandomGroups,
    /// An extension of another type, by its XTENSION.
    Other(String),
}

impl HduInfo {
    /// Two-dimensional planes in this image: the product of its axes from the third on, 0 if it
    /// isn't an image of at least two axes or has no pixels.
    pub fn planes(&self) -> usize {
        match &self.kind {
            HduKind::Image { shape, .. } if shape.len() >= 2 && !shape.contains(&0) => shape[2..]
                .iter()
                .try_fold(1_usize, |product, &n| product.checked_mul(n))
                .unwrap_or(0),
            _ => 0,
        }
    }

    /// Width and height of its planes in pixels, if it is an image of at least two axes.
    pub fn plane_size(&self) -> Option<(usize, usize)> {
        match &self.kind {
            HduKind::Image { shape, .. } if shape.len() >= 2 => Some((shape[0], shape[1])),
            _ => None,
        }
    }
}

/// An open FITS file. It can be sent to another thread but is used by one at a time: reading
/// moves the file's position. Open it once per thread; opening reads the headers only.
#[derive(Debug)]
pub struct FitsFile {
    path: PathBuf,
    source: Source,
    hdus: Vec<HduInfo>,
    placed: Vec<Placed>,
    problems: Vec<FitsError>,
}

impl FitsFile {
    /// Opens a file by its literal path: brackets, `!`, `+` and pipes are just characters. Files
    /// packed by gzip or compress (whatever their name) are unpacked into a temporary file first.
    /// Reads every header; see [`FitsFile::problems`] for HDUs that are broken.
    ///
    /// # Errors
    /// If the file can't be read, isn't FITS, or its primary header is beyond use.
    pub fn open(path: &Path) -> Result<Self, FitsError> {
        let (mut source, packing) = Source::open(path)?;
        let mut scan = layout::scan(path, &mut source)?;
        scan.problems.extend(packing);
        Ok(Self {
            path: path.to_owned(),
            source,
            hdus: scan.hdus,
            placed: scan.placed,
            problems: scan.problems,
        })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The HDUs in order.
    pub fn hdus(&self) -> &[HduInfo] {
        &self.hdus
    }

    /// What could not be understood or is missing: a truncated last HDU, an extension with a
    /// broken header, a cut gzip stream.
    pub fn problems(&self) -> &[FitsError] {
        &self.problems
    }

    /// Reads one plane of an image as `f32`: physical values (BSCALE, BZERO applied), NaN where
    /// the file has BLANK or NaN. Planes count through the axes from the third on, NAXIS3 fastest.
    ///
    /// # Errors
    /// If there is no such plane, the HDU isn't an image, its data are cut or damaged, or it
    /// announces more than a machine of this size should be asked for.
    pub fn read_plane(&mut self, hdu: usize, plane: usize) -> Result<Plane, FitsError> {
        let (width, height) = self.image_size(hdu)?;
        self.read_window(hdu, plane, 0, 0, width, height)
    }

    /// Reads `width` x `height` pixels from (`x0`, `y0`), zero-based, of one plane, as
    /// [`FitsFile::read_plane`] does. Only the rows or tiles it touches are read.
    ///
    /// # Errors
    /// As [`FitsFile::read_plane`]; also if the window isn't wholly inside the plane.
    pub fn read_window(
        &mut self,
        hdu: usize,
        plane: usize,
        x0: usize,
        y0: usize,
        width: usize,
        height: usize,
    ) -> Result<Plane, FitsError> {
        let (image_width, image_height) = self.image_size(hdu)?;
        let planes = self.hdus.get(hdu).map_or(0, HduInfo::planes);
        let out_of_range = |cause: String| FitsError::hdu(&self.path, hdu, Fault::OutOfRange, cause);
        if plane >= planes {
            return Err(out_of_range(format!(
                "it has {planes} image planes, plane {plane} was asked for"
            )));
        }
        let inside = |start: usize, length: usize, whole: usize| {
            start.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !inside(x0, width, image_width) || !inside(y0, height, image_height) {
            return Err(out_of_range(format!(
                "a window of {width}x{height} from ({x0}, {y0}) is not inside its {image_width}x{image_height} pixels"
            )));
        }
        let window = image::Window {
            plane,
            x0,
            y0,
            width,
            height,
        };
        let (placed, shape, bitpix) = match (self.placed.get(hdu), self.hdus.get(hdu).map(|h| &h.kind)) {
            (Some(placed), Some(HduKind::Image { shape, bitpix, .. })) => (placed, shape, *bitpix),
            _ => return Err(out_of_range("there is no such image".to_owned())),
        };
        let read = match &placed.tiles {
            Some(layout) => tiles::read_window(&mut self.source, placed, layout, &window),
            None => image::read_window(&mut self.source, placed, shape, bitpix, &window),
        };
        read.map_err(|(fault, cause)| FitsError::hdu(&self.path, hdu, fault, cause))
    }

    /// Reads a binary or ASCII table. A column of complex numbers becomes two, `NAME.re` and
    /// `NAME.im`. A column of variable-length arrays of at most one value each becomes one of
    /// single values (missing where the array is empty), one of characters becomes text.
    /// Header cards are in [`Table::meta`], and so, under the key
    /// [`NOTE`](crate::io::catalog::NOTE), is what could not be taken over: longer arrays.
    ///
    /// # Errors
    /// If the HDU isn't a table, its column descriptions contradict each other, or rows are missing.
    pub fn read_table(&mut self, hdu: usize) -> Result<Table, FitsError> {
        let kind = self.hdus.get(hdu).map(|h| &h.kind);
        let read = match (self.placed.get(hdu), kind) {
            (Some(placed), Some(HduKind::BinaryTable { .. })) => table::read(&mut self.source, placed),
            (Some(placed), Some(HduKind::AsciiTable { .. })) => ascii_table::read(&mut self.source, placed),
            (Some(_), _) => Err((Fault::WrongKind, "it is not a table".to_owned())),
            (None, _) => Err(no_such_hdu(self.hdus.len())),
        };
        read.map_err(|(fault, cause)| FitsError::hdu(&self.path, hdu, fault, cause))
    }

    fn image_size(&self, hdu: usize) -> Result<(usize, usize), FitsError> {
        let trouble = |(fault, cause): Trouble| FitsError::hdu(&self.path, hdu, fault, cause);
        let info = self
            .hdus
            .get(hdu)
            .ok_or_else(|| trouble(no_such_hdu(self.hdus.len())))?;
        if let Some(size) = info.plane_size() {
            return Ok(size);
        }
        let (fault, cause) = match &info.kind {
            HduKind::RandomGroups => (
                Fault::Unsupported,
                "it holds random groups (visibilities of an interferometer), which are not read as an image",
            ),
            HduKind::Image { .. } => (Fault::WrongKind, "it has a single axis and no image plane"),
            HduKind::Empty => (Fault::WrongKind, "it has no data"),
            HduKind::BinaryTable { .. } | HduKind::AsciiTable { .. } => {
                (Fault::WrongKind, "it is a table, not an image")
            }
            HduKind::Other(_) => (Fault::Unsupported, "it is no image this program knows"),
        };
        Err(trouble((fault, cause.to_owned())))
    }
}

fn no_such_hdu(count: usize) -> Trouble {
    (
        Fault::OutOfRange,
        format!("the file has {count} HDUs that can be read"),
    )
}
