//! From an object to its pixels: a project's images opened once and shared by all threads.

pub use super::ready_made::read_cutout;
use crate::encoder::engine::CutoutProvider;
use crate::io::fits::FitsFile;
use crate::project::{Field, FieldKind, Object, Project, ProjectError, objects};
use crate::sky::cutout::fits_pixels::FitsPixels;
use crate::sky::cutout::{
    BandSource, Cutout, CutoutSize, PixelMap, PixelSource, crop_central, cut_bands, first_pixel_of,
    kept_of_side,
};
use crate::sky::wcs::Wcs;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A field that can't be opened is tried again after so long, and after so many times what trying took: a damaged
/// mosaic has many objects, each of which would read it anew.
const TRY_AGAIN: Duration = Duration::from_secs(10);
const TRY_AGAIN_FACTOR: u32 = 20;

/// At most this many fields' images are open at a time; embedding goes field by field.
const OPEN_FIELDS: usize = 4;

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
    unit: Option<String>,
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
        let mut held = Vec::new();
        let mut room = crate::memory::free().map(|free| free.bytes);
        for band in &field.bands {
            if !band.path.exists() {
                return Err(format!(
                    "{}: this image is gone; if it moved, say where with `astrolabel relocate OLD NEW`",
                    band.path.display()
                ));
            }
            let pixels = FitsPixels::unread(&band.path, band.hdu, band.plane).map_err(|e| e.to_string())?;
            held.push(pixels.may_be_held(&mut room));
            let file = FitsFile::open(&band.path).map_err(|e| e.to_string())?;
            let header = file.hdus().get(band.hdu).map(|h| &h.header);
            let wcs = header.and_then(|h| Wcs::from_header(h).ok());
            bands.push(OpenBand {
                name: band.name.clone(),
                unit: header.and_then(|h| h.text("BUNIT")).map(str::to_owned),
                pixels,
                place: wcs.map_or(Place::Pixels, |w| Place::Sky(Box::new(w))),
            });
        }
        // While one is read from the disk, the others are decoded.
        let read: Vec<Result<(), String>> = (bands.par_iter_mut().zip(held))
            .filter(|(_, held)| *held)
            .map(|(band, _)| band.pixels.hold().map_err(|e| e.to_string()))
            .collect();
        read.into_iter().collect::<Result<(), String>>()?;
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

/// Where a cutout's pixels lie in what it was cut out of.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The sky of the image whose pixels they are, if it is known.
    pub wcs: Option<Wcs>,
    /// The image's pixel (zero-based) that is the cutout's first.
    pub first: (i64, i64),
    /// The unit of each band's values, where its header has one.
    pub units: Vec<Option<String>>,
}

/// A field that is open, or why it isn't and until when nobody tries again.
type Opened = Result<Arc<OpenField>, (Instant, String)>;

/// Cuts out any object of a project. Shared between threads.
pub struct Images {
    fields: HashMap<i64, Field>,
    objects: Vec<Object>,
    // Most recently used last.
    open: Mutex<Vec<(i64, Opened)>>,
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

    /// Where the pixels of `cutout`, cut out of this object's image by [`Images::cut`], lie in it.
    pub fn frame(&self, object: usize, cutout: &Cutout) -> Result<Frame, String> {
        let object = self.objects.get(object).ok_or("there is no such object")?;
        let field = self.fields.get(&object.field).ok_or("its field is missing")?;
        match (field.kind, object.x, object.y) {
            (FieldKind::Mosaic, Some(x), Some(y)) => {
                let open = self.open_field(field)?;
                Ok(Frame {
                    wcs: match open.bands.get(open.reference).map(|b| &b.place) {
                        Some(Place::Sky(wcs)) => Some(wcs.as_ref().clone()),
                        _ => None,
                    },
                    first: (
                        first_pixel_of(x, cutout.width()),
                        first_pixel_of(y, cutout.height()),
                    ),
                    units: open.bands.iter().map(|b| b.unit.clone()).collect(),
                })
            }
            (FieldKind::Folder, ..) if !cutout.is_picture => {
                let file = object.file.as_deref().ok_or("has no file")?;
                let file = FitsFile::open(&field.root.join(file)).map_err(|e| e.to_string())?;
                let (images, _) = super::inputs::images_of(&file);
                let Some(image) = images.iter().find(|i| !i.is_auxiliary).or(images.first()) else {
                    return Ok(Frame::default());
                };
                let cut_off = |side: usize| ((side - kept_of_side(side, field.crop)) / 2) as i64;
                let header = file.hdus().get(image.hdu).map(|h| &h.header);
                let unit = header.and_then(|h| h.text("BUNIT")).map(str::to_owned);
                Ok(Frame {
                    wcs: image.wcs.clone().ok(),
                    first: (cut_off(image.shape.0), cut_off(image.shape.1)),
                    units: vec![unit; cutout.bands.len()],
                })
            }
            _ => Ok(Frame::default()),
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
            let (id, found) = open.remove(i);
            match &found {
                Err((until, _)) if *until <= Instant::now() => {}
                _ => {
                    open.push((id, found.clone()));
                    return found.map_err(|(_, why)| why);
                }
            }
        }
        let start = Instant::now();
        let opened = apart(|| OpenField::open(field)).map(Arc::new);
        if open.len() >= OPEN_FIELDS {
            drop(open.remove(0));
        }
        let wait = TRY_AGAIN.max(start.elapsed() * TRY_AGAIN_FACTOR);
        let kept = opened.clone().map_err(|why| (Instant::now() + wait, why));
        open.push((field.id, kept));
        opened
    }
}

/// Does `work` with threads of its own. A thread of the common pool that waits for a part of its work takes other
/// work meanwhile, which may want what this one holds: both would wait for ever.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    let pool = (rayon::ThreadPoolBuilder::new())
        .thread_name(|i| format!("open-{i}"))
        .build()
        .map_err(|e| format!("threads can't be started: {e}"))?;
    // Nor may this thread be one of another pool: it would take work of that one while it waits for ours.
    std::thread::scope(|scope| {
        let done = scope.spawn(|| pool.install(work)).join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
