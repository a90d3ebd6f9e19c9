//! From an image to its sources: the steps in order, in parallel, with progress.

use super::background::{Background, background_with_progress};
use super::clean::{Wings, faintest_needed, survivors};
use super::deblend::{Split, split};
use super::gather::gather;
use super::measure::{Moments, source, touches_edge};
use super::noise::{NoiseRows, check_shape, is_positive};
use super::segment::{Components, Member, STRIP_ROWS, components};
use super::{DetectError, DetectSettings, Noise, Source, aperture, flag};
use crate::io::raster::Plane;
use crate::progress::Progress;
use rayon::prelude::*;

/// Components a worker takes at a time.
const BATCH: usize = 64;

/// Which source each pixel belongs to: 0 none, otherwise the source's number plus one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segmentation {
    /// Width, pixels.
    pub width: usize,
    /// Height, pixels.
    pub height: usize,
    /// `width * height` labels, row-major.
    pub labels: Vec<u32>,
}

/// What was found in an image.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The sources, in the order of the last pixel of the object they were part of.
    pub sources: Vec<Source>,
    /// The image's background and noise.
    pub background: Background,
    /// Detection threshold at the global rms, image units above the background.
    pub threshold: f32,
    /// With [`Noise::Weight`], the rms of a pixel of weight 1 that was found, image units.
    pub rms_of_unit_weight: Option<f32>,
    /// Objects that were dropped as bumps in a neighbour's wings.
    pub cleaned: usize,
    /// The pixels of each source, if the settings ask for them.
    pub segmentation: Option<Segmentation>,
}

/// An object on its way to the catalogue.
struct Found {
    source: Source,
    wings: Wings,
    /// Indices of its pixels, if a segmentation map is wanted.
    pixels: Vec<u32>,
}

/// What measuring needs to know of the image.
struct Scene<'a> {
    subtracted: &'a Plane,
    image: &'a Plane,
    /// True where a noise plane says that there is no data.
    mask: Option<&'a [bool]>,
    settings: &'a DetectSettings,
}

impl Scene<'_> {
    fn is_bad(&self, i: usize) -> bool {
        !self.image.pixels[i].is_finite() || self.mask.is_some_and(|m| m[i])
    }
}

/// Detects the sources of `image`. Pixels that aren't finite are left out. Beside the image, this
/// needs memory for one more like it (the subtracted one), the pixels above the threshold and the
/// largest object's bounding box.
///
/// # Errors
/// [`DetectError`] for an empty image, planes of different shapes, settings out of range, or when
/// `progress` says that the user cancelled.
pub fn detect(
    image: &Plane,
    noise: Noise<'_>,
    settings: &DetectSettings,
    progress: &dyn Progress,
) -> Result<Detection, DetectError> {
    settings.check()?;
    super::check_image(image)?;
    check_shape(&noise, image)?;
    let kernel = settings
        .kernel
        .as_ref()
        .map(super::Kernel::normalised)
        .transpose()?;
    let mask: Option<Vec<bool>> = match noise {
        Noise::Weight(plane) | Noise::Rms(plane) => {
            Some(plane.pixels.par_iter().map(|w| !is_positive(*w)).collect())
        }
        Noise::Global | Noise::FromBackground => None,
    };
    let background = background_with_progress(image, mask.as_deref(), settings, progress)?;
    let subtracted = subtract(image, mask.as_deref(), &background);
    let scene = Scene {
        subtracted: &subtracted,
        image,
        mask: mask.as_deref(),
        settings,
    };
    let rows = NoiseRows::new(&noise, &background);
    let rms_of_unit_weight = rows.weight_scale();
    let found = components(&subtracted, image, &rows, settings, kernel.as_ref(), progress)?;
    let mut objects = measure_all(&found, &scene, progress)?;
    drop(found);
    let before = objects.len();
    if settings.clean {
        let wings: Vec<Wings> = objects.iter().map(|o| o.wings).collect();
        let mut stays = survivors(&wings, settings.clean_param).into_iter();
        objects.retain(|_| stays.next().unwrap_or(true));
    }
    let cleaned = before - objects.len();
    if settings.photometry {
        progress.begin("photometry", Some(objects.len() as u64));
        objects.par_chunks_mut(BATCH).try_for_each(|batch| {
            if progress.cancelled() {
                return Err(DetectError::Cancelled);
            }
            for o in &mut *batch {
                aperture::photometry(&mut o.source, &subtracted, &|i| scene.is_bad(i));
            }
            progress.advance(batch.len() as u64);
            Ok(())
        })?;
    }
    if let Some(note) = note_of_overflow(&objects, image, settings) {
        progress.note(&note);
    }
    let segmentation = settings.segmentation.then(|| label(&objects, image));
    Ok(Detection {
        sources: objects.into_iter().map(|o| o.source).collect(),
        threshold: settings.threshold_sigma * background.global_rms,
        background,
        rms_of_unit_weight,
        cleaned,
        segmentation,
    })
}

/// What is to be said of objects with too many branches: how large they are and what splits them.
fn note_of_overflow(objects: &[Found], image: &Plane, settings: &DetectSettings) -> Option<String> {
    let whole: Vec<usize> = objects
        .iter()
        .filter(|o| o.source.flag & flag::DEBLEND_OVERFLOW != 0)
        .map(|o| o.source.npix as usize)
        .collect();
    let largest = *whole.iter().max()?;
    let share = 100.0 * largest as f64 / image.pixels.len().max(1) as f64;
    let objects = if whole.len() == 1 {
        "1 object has".to_owned()
    } else {
        format!("{} objects have", whole.len())
    };
    Some(format!(
        "{objects} {} or more branches and stayed whole, the largest over {share:.1} % of the image: what lies in \
         them is not listed on its own. Raise --threshold (which then gives more objects, not fewer, until \
         nothing is left whole) or --branch-limit",
        settings.deblend_max_branches
    ))
}

/// The image without its background; 0 where there is no data.
fn subtract(image: &Plane, mask: Option<&[bool]>, background: &Background) -> Plane {
    let width = image.width;
    let mut pixels = vec![0.0_f32; image.pixels.len()];
    pixels
        .par_chunks_mut(width * STRIP_ROWS)
        .enumerate()
        .for_each(|(strip, out)| {
            for (i, out) in out.chunks_mut(width).enumerate() {
                let y = strip * STRIP_ROWS + i;
                background.level_row(y, out);
                for (o, &v) in out.iter_mut().zip(image.row(y)) {
                    *o = if v.is_finite() { v - *o } else { 0.0 };
                }
                if let Some(mask) = mask {
                    for (o, &bad) in out.iter_mut().zip(&mask[y * width..]) {
                        if bad {
                            *o = 0.0;
                        }
                    }
                }
            }
        });
    Plane {
        width,
        height: image.height,
        pixels,
    }
}

/// Deblends and measures all components, in their order.
fn measure_all(
    found: &Components,
    scene: &Scene<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Found>, DetectError> {
    progress.begin("measuring", Some(found.len() as u64));
    let batches: Vec<Vec<Found>> = (0..found.len().div_ceil(BATCH))
        .into_par_iter()
        .map_init(Vec::new, |members, batch| {
            let range = batch * BATCH..(batch * BATCH + BATCH).min(found.len());
            let mut objects = Vec::with_capacity(range.len());
            for i in range.clone() {
                if progress.cancelled() {
                    return Err(DetectError::Cancelled);
                }
                found.members_of(i, scene.subtracted, members);
                measure_component(members, scene, &mut objects);
            }
            progress.advance(range.len() as u64);
            Ok(objects)
        })
        .collect::<Result<_, _>>()?;
    Ok(batches.into_iter().flatten().collect())
}

/// Splits one component and adds its objects.
fn measure_component(members: &[Member], scene: &Scene<'_>, objects: &mut Vec<Found>) {
    let settings = scene.settings;
    let (width, height) = (scene.image.width, scene.image.height);
    let threshold = mean_threshold(members, settings.threshold_sigma);
    let (mut flux, mut peak) = (0.0_f64, f32::NEG_INFINITY);
    for m in members {
        flux += f64::from(m.smooth);
        peak = peak.max(m.smooth);
    }
    match split(members, threshold, peak, flux as f32, settings) {
        Split::Cores(cores) => {
            for part in gather(members, &cores, threshold, width, height) {
                let (mut source, moments) = source(&part.members, threshold, Some(part.centre));
                source.flag |= flag::MERGED;
                if part.core_at_edge {
                    source.flag |= flag::TRUNCATED;
                }
                objects.push(finish(source, &moments, &part.members, scene));
            }
        }
        whole => {
            let (mut source, moments) = source(members, threshold, None);
            if matches!(whole, Split::Overflow) {
                source.flag |= flag::DEBLEND_OVERFLOW;
            }
            if touches_edge(members, width, height) {
                source.flag |= flag::TRUNCATED;
            }
            objects.push(finish(source, &moments, members, scene));
        }
    }
}

fn finish(source: Source, moments: &Moments, members: &[Member], scene: &Scene<'_>) -> Found {
    let settings = scene.settings;
    let excess = members
        .iter()
        .map(|m| m.smooth - settings.threshold_sigma * m.rms);
    let faintest = faintest_needed(excess, members.len(), settings.min_area_px);
    Found {
        wings: Wings::new(
            moments,
            members.len(),
            source.threshold,
            faintest,
            settings.clean_param,
        ),
        pixels: if settings.segmentation {
            let width = scene.image.width;
            members
                .iter()
                .map(|m| (m.y as usize * width + m.x as usize) as u32)
                .collect()
        } else {
            Vec::new()
        },
        source,
    }
}

/// The mean threshold of an object's pixels, image units; pixels without data have none.
fn mean_threshold(members: &[Member], threshold_sigma: f32) -> f32 {
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for m in members {
        if m.rms > 0.0 {
            sum += f64::from(threshold_sigma * m.rms);
            count += 1;
        }
    }
    if count == 0 {
        0.0
    } else {
        (sum / f64::from(count)) as f32
    }
}

/// Numbers the objects' pixels.
fn label(objects: &[Found], image: &Plane) -> Segmentation {
    let mut labels = vec![0_u32; image.pixels.len()];
    for (number, object) in (1_u32..).zip(objects) {
        for &i in &object.pixels {
            labels[i as usize] = number;
        }
    }
    Segmentation {
        width: image.width,
        height: image.height,
        labels,
    }
}
