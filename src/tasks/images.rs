//! From an object to its pixels: a project's images opened once and shared by all threads.

use crate::encoder::engine::CutoutProvider;
use crate::io::fits::FitsFile;
use crate::io::picture::read_picture;
use crate::io::raster::{Origin, Plane};
use crate::project::{Field, FieldKind, Object, Project, ProjectError, objects};
use crate::sky::cutout::fits_pixels::FitsPixels;
use crate::sky::cutout::{
    BandSource, Cutout, CutoutFlags, CutoutSize, PixelMap, PixelSource, crop_central, cut_bands,
};
use crate::sky::wcs::Wcs;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// At most this many fields' images are open at a time; embedding goes field by field.
const OPEN_FIELDS: usize = 4;
/// A cutout has at most this many bands; more planes in a file are a cube.
const MOST_BANDS: usize = 8;

/// Where a band's pixels lie on the sky; without WCS, where they lie in the image.
enum Place {
    Sky(Box<Wcs>),
    /// No WCS: "sky" is the reference band's pixel grid, which all bands share.
    Pixels,
}

impl PixelMap for Place {
    fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        match self {
            Place::Sky(wcs) => wcs.icrs_from_pixel(x, y),
            Place::Pixels => Some((x, y)),
        }
    }

    fn pixel_from_sky(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        match self {
            Place::Sky(wcs) => wcs.pixel_from_icrs(lon, lat),
            Place::Pixels => Some((lon, lat)),
        }
    }

    fn pixel_scale_arcsec(&self) -> Option<f64> {
        match self {
            Place::Sky(wcs) => Some(wcs.pixel_scale_arcsec()),
            Place::Pixels => None,
        }
    }
}

struct OpenBand {
    name: String,
    pixels: FitsPixels,
    place: Place,
}

/// A mosaic with its bands open.
struct OpenField {
    bands: Vec<OpenBand>,
    reference: usize,
    size: CutoutSize,
}

impl OpenField {
    fn open(field: &Field) -> Result<Self, String> {
        let mut bands = Vec::new();
        for band in &field.bands {
            if !band.path.exists() {
                return Err(format!(
                    "{}: this image is gone; if it moved, say where with `astrolabel relocate OLD NEW`",
                    band.path.display()
                ));
            }
            let pixels = FitsPixels::open(&band.path, band.hdu, band.plane).map_err(|e| e.to_string())?;
            let file = FitsFile::open(&band.path).map_err(|e| e.to_string())?;
            let wcs = file
                .hdus()
                .get(band.hdu)
                .and_then(|h| Wcs::from_header(&h.header).ok());
            bands.push(OpenBand {
                name: band.name.clone(),
                pixels,
                place: wcs.map_or(Place::Pixels, |w| Place::Sky(Box::new(w))),
            });
        }
        // One band without WCS among others with: the grids are the same or nothing can be said.
        if bands.iter().any(|b| matches!(b.place, Place::Pixels)) {
            for band in &mut bands {
                band.place = Place::Pixels;
            }
        }
        let size = field.size.unwrap_or(super::import::DEFAULT_SIZE);
        Ok(Self {
            bands,
            reference: field.reference(),
            size,
        })
    }

    fn cut(&self, object: &Object, size: CutoutSize) -> Result<Cutout, String> {
        match (object.x, object.y) {
            (Some(x), Some(y)) => self.cut_at((x, y), size),
            _ => Err("has no position".to_owned()),
        }
    }

    fn cut_at(&self, (x, y): (f64, f64), size: CutoutSize) -> Result<Cutout, String> {
        let sources: Vec<BandSource<'_>> = self
            .bands
            .iter()
            .map(|b| BandSource {
                name: &b.name,
                pixels: &b.pixels as &dyn PixelSource,
                to_pixel: &b.place,
            })
            .collect();
        cut_bands(&sources, self.reference, x, y, size, None).map_err(|e| e.to_string())
    }
}

/// Cuts out any object of a project. Shared between threads.
pub struct Images {
    fields: HashMap<i64, Field>,
    objects: Vec<Object>,
    // Most recently used last.
    open: Mutex<Vec<(i64, Arc<OpenField>)>>,
}

impl Images {
    /// Prepares to cut out any object of `project`. Files are opened when first needed.
    pub fn of(project: &Project) -> Result<Self, ProjectError> {
        let fields = objects::fields(project.store())?
            .into_iter()
            .map(|f| (f.id, f))
            .collect();
        Ok(Self {
            fields,
            objects: objects::all(project.store())?,
            open: Mutex::new(Vec::new()),
        })
    }

    /// All objects, by number.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The cutout of an object at its field's size, or at `size`; the error says what is wrong.
    pub fn cut(&self, object: usize, size: Option<CutoutSize>) -> Result<Cutout, String> {
        let object = self.objects.get(object).ok_or("there is no such object")?;
        let field = self.fields.get(&object.field).ok_or("its field is missing")?;
        match field.kind {
            FieldKind::Folder => {
                let file = object.file.as_deref().ok_or("has no file")?;
                if !field.root.is_dir() {
                    return Err(format!(
                        "{}: this folder is gone; if it moved, say where with `astrolabel relocate OLD NEW`",
                        field.root.display()
                    ));
                }
                read_cutout(&field.root.join(file)).map(|c| crop_central(c, field.crop))
            }
            FieldKind::Mosaic => {
                let open = self.open_field(field)?;
                open.cut(object, size.unwrap_or(open.size))
            }
        }
    }

    /// A square of a mosaic about a point of its reference band (zero-based pixels).
    pub fn cut_at(&self, field: i64, centre: (f64, f64), size: CutoutSize) -> Result<Cutout, String> {
        let field = self.fields.get(&field).ok_or("there is no such field")?;
        if field.kind == FieldKind::Folder {
            return Err("a folder of cutouts has no sky to cut from".to_owned());
        }
        let open = self.open_field(field)?;
        open.cut_at(centre, size)
    }

    fn open_field(&self, field: &Field) -> Result<Arc<OpenField>, String> {
        // Opened under the lock: the threads that need the same field wait instead of reading it again.
        let mut open = self
            .open
            .lock()
            .map_err(|_| "a thread that was opening images failed".to_owned())?;
        if let Some(i) = open.iter().position(|(id, _)| *id == field.id) {
            let entry = open.remove(i);
            let found = entry.1.clone();
            open.push(entry);
            return Ok(found);
        }
        let opened = Arc::new(OpenField::open(field)?);
        if open.len() >= OPEN_FIELDS {
            open.remove(0);
        }
        open.push((field.id, opened.clone()));
        Ok(opened)
    }
}

/// Cuts out for an encoder and remembers what was wrong with each cutout.
pub struct Watched<'a> {
    images: &'a Images,
    flags: Vec<AtomicU8>,
}

impl<'a> Watched<'a> {
    /// Watches the cutouts of `images`.
    pub fn new(images: &'a Images) -> Self {
        Self {
            images,
            flags: images.objects().iter().map(|_| AtomicU8::new(0)).collect(),
        }
    }

    /// The flags of those of `rows` that have any.
    pub fn flags_of(&self, rows: &[usize]) -> Vec<(i64, u8)> {
        rows.iter()
            .filter_map(|&row| Some((row as i64, self.flags.get(row)?.load(Ordering::Relaxed))))
            .filter(|(_, flags)| *flags != 0)
            .collect()
    }
}

impl CutoutProvider for Watched<'_> {
    fn cutout(&self, object: usize) -> Result<Cutout, String> {
        let cutout = self.images.cut(object, None)?;
        if let Some(slot) = self.flags.get(object) {
            slot.store(cutout.flags.0, Ordering::Relaxed);
        }
        Ok(cutout)
    }
}

/// Reads a ready-made cutout: a picture, or the first image of a FITS file, planes as bands.
pub fn read_cutout(path: &Path) -> Result<Cutout, String> {
    let kind =
        super::inputs::file_kind(path).map_err(|e| format!("{}: can't be opened: {e}", path.display()))?;
    if kind != super::inputs::FileKind::Fits {
        let picture = read_picture(path).map_err(|e| e.to_string())?;
        let names: &[&str] = if picture.channels.len() == 1 {
            &["gray"]
        } else {
            &["red", "green", "blue"]
        };
        return Ok(finish(
            picture.channels,
            names.iter().map(|n| (*n).to_owned()).collect(),
            Origin::TopLeft,
            true,
            None,
        ));
    }
    let mut file = FitsFile::open(path).map_err(|e| e.to_string())?;
    let (images, _) = super::inputs::images_of(&file);
    let image = images.iter().find(|i| !i.is_auxiliary).or(images.first());
    let Some(image) = image else {
        let why = file.problems().first().map_or(
            "holds no image of at least 2×2 pixels".to_owned(),
            ToString::to_string,
        );
        return Err(format!("{}: {why}", path.display()));
    };
    let planes = if image.planes > MOST_BANDS {
        1
    } else {
        image.planes
    };
    let mut bands = Vec::new();
    for plane in 0..planes {
        bands.push(file.read_plane(image.hdu, plane).map_err(|e| e.to_string())?);
    }
    let names = (0..planes).map(|p| {
        image
            .band
            .clone()
            .filter(|_| planes == 1)
            .unwrap_or_else(|| format!("plane{p}"))
    });
    let scale = image.wcs.as_ref().ok().map(Wcs::pixel_scale_arcsec);
    Ok(finish(bands, names.collect(), Origin::BottomLeft, false, scale))
}

fn finish(
    bands: Vec<Plane>,
    band_names: Vec<String>,
    origin: Origin,
    is_picture: bool,
    scale: Option<f64>,
) -> Cutout {
    let mut flags = 0;
    let finite: Vec<usize> = bands
        .iter()
        .map(|b| b.pixels.iter().filter(|v| v.is_finite()).count())
        .collect();
    if finite.iter().zip(&bands).any(|(&n, b)| n < b.pixels.len()) {
        flags |= CutoutFlags::NAN;
    }
    if finite.contains(&0) {
        flags |= CutoutFlags::MISSING_BAND;
    }
    if finite.iter().all(|&n| n == 0) {
        flags |= CutoutFlags::EMPTY;
    }
    Cutout {
        bands,
        band_names,
        origin,
        is_picture,
        pixel_scale_arcsec: scale,
        flags: CutoutFlags(flags),
    }
}
