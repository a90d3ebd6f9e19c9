//! Import: from paths to objects in a project.
//!
//! Images of one sky become a field with bands; a catalogue is matched to it by RA/Dec through the
//! WCS or by pixel columns; without one, sources are detected. Folders of cutouts become one object
//! a file. Everything that was guessed is said, and nothing is kept unless all of it is.

use super::inputs::{FoundCutouts, FoundImage, Inputs, look};
use super::{Skipped, bands};
use crate::io::catalog::Table;
use crate::io::catalog::roles::{self, Roles, guess_roles, sky_positions};
use crate::io::fits::FitsFile;
use crate::progress::Progress;
use crate::project::objects::fingerprint;
use crate::project::{Band, Field, FieldKind, NewField, Object, Project, ProjectError, journal};
use crate::sky::coords::{self, FrameTransform, SkyFrame};
use crate::sky::cutout::CutoutSize;
use crate::sky::detect::{self, DetectSettings, Noise};
use arrow::array::UInt32Array;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A mosaic's cutouts are this wide where nothing else is asked for.
pub const DEFAULT_SIZE: CutoutSize = CutoutSize::Pixels(64.0);
/// No cutout is wider.
const LARGEST_CUTOUT_PX: f64 = 8192.0;
/// Cubes of up to this many planes are taken as bands; more are a spectrum.
const MOST_BANDS: usize = 8;

/// What to import, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The catalogue, if it isn't among the paths.
    pub catalog: Option<PathBuf>,
    /// Column of the right ascension (or longitude) instead of the guess.
    pub ra: Option<String>,
    /// Column of the declination.
    pub dec: Option<String>,
    /// Column of the pixel x instead of the sky position.
    pub x: Option<String>,
    /// Column of the pixel y.
    pub y: Option<String>,
    /// Column of the objects' names.
    pub id: Option<String>,
    /// Size of a cutout.
    pub size: Option<CutoutSize>,
    /// Central fraction to keep of ready-made cutouts.
    pub crop: Option<f64>,
    /// Detect sources even where there is a catalogue.
    pub detect: bool,
    /// Settings of the detection.
    pub detection: DetectSettings,
    /// The plane of a cube to take instead of all as bands.
    pub plane: Option<usize>,
    /// Who imports.
    pub who: String,
}

/// What an import did, to be shown and kept.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportReport {
    /// One entry a field.
    pub fields: Vec<FieldReport>,
    /// Inputs left out.
    pub skipped: Vec<Skipped>,
    /// Number of the first new object.
    pub first_object: i64,
    /// Number of new objects.
    pub objects: usize,
}

/// What one field became.
#[derive(Debug, Clone, Serialize)]
pub struct FieldReport {
    /// File or folder.
    pub name: String,
    /// Its bands, blue to red.
    pub bands: Vec<String>,
    /// How many objects it gave.
    pub objects: usize,
    /// How they were found and what was guessed, a sentence each.
    pub how: Vec<String>,
}

/// Imports into the project in folder `root`, which is made once there is something to keep: an
/// import that fails leaves no empty project behind. The project is `None` if none was made.
pub fn import_into(
    root: &Path,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(Option<Project>, ImportReport), ProjectError> {
    if Project::is_project(root) {
        let mut project = Project::open(root, true)?;
        let report = import(&mut project, options, progress)?;
        return Ok((Some(project), report));
    }
    let _folder = Project::reserve(root)?;
    let (fields, mut report) = gather(&[], options, progress)?;
    if fields.is_empty() {
        return Ok((None, report));
    }
    let mut project = Project::open(root, true)?;
    let lock = lock(&project, progress)?;
    if !crate::project::objects::fields(project.store())?.is_empty() {
        // Another process made this project meanwhile: what it holds counts as known.
        drop(lock);
        let report = import(&mut project, options, progress)?;
        return Ok((Some(project), report));
    }
    keep(&mut project, fields, &mut report, options, progress)?;
    Ok((Some(project), report))
}

/// Imports into `project`.
pub fn import(
    project: &mut Project,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ProjectError> {
    let _lock = lock(project, progress)?;
    let known = crate::project::objects::fields(project.store())?;
    let (fields, mut report) = gather(&known, options, progress)?;
    if !fields.is_empty() {
        keep(project, fields, &mut report, options, progress)?;
    }
    Ok(report)
}

fn lock(project: &Project, progress: &dyn Progress) -> Result<std::fs::File, ProjectError> {
    project.lock_import(|| progress.note("another process imports into this project: waiting for it"))
}

fn keep(
    project: &mut Project,
    fields: Vec<NewField>,
    report: &mut ImportReport,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(), ProjectError> {
    progress.begin("writing the project", None);
    if let Err(e @ ProjectError::Missing { .. }) = crate::project::catalog::read(project) {
        report.skipped.push(Skipped::new("", e));
    }
    let kept = serde_json::to_value(&*report).unwrap_or_default();
    (report.first_object, report.objects) = project.add(&options.who, fields, &kept)?;
    Ok(())
}

/// Everything an import adds to a project that has the fields `known`; nothing is written.
fn gather(
    known: &[Field],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(Vec<NewField>, ImportReport), ProjectError> {
    if let Some(crop) = options.crop
        && !(crop > 0.0 && crop <= 1.0)
    {
        return Err(ProjectError::Ask(format!(
            "--crop {crop}: give a fraction above 0 and at most 1"
        )));
    }
    let as_mosaics = options.detect || options.catalog.is_some();
    let mut inputs = look(&options.paths, as_mosaics, progress);
    if let Some(catalog) = &options.catalog {
        inputs.catalogs = vec![(catalog.clone(), None)];
    }
    let mut report = ImportReport {
        skipped: std::mem::take(&mut inputs.skipped),
        ..Default::default()
    };
    let tables = read_catalogs(&inputs, options, &mut report, progress)?;
    let mut fields: Vec<NewField> = Vec::new();

    let has_images = !inputs.images.is_empty();
    let mosaics = group(&mut inputs, options.plane, &mut report);
    let mosaics: Vec<Mosaic> = mosaics
        .into_iter()
        .filter(|m| !is_known(m, known, &mut report))
        .collect();
    if !mosaics.is_empty() {
        let positional: Vec<&Catalog> = tables.iter().filter(|t| t.file_column.is_none()).collect();
        if options.detect || positional.is_empty() {
            for mosaic in mosaics {
                match detect_on(&mosaic, options, progress) {
                    Ok((field, _)) if field.objects.is_empty() => report.skipped.push(Skipped::new(
                        mosaic.place(),
                        format!(
                            "no source stands out by {} sigma over {} connected pixels: lower --threshold or --min-area",
                            options.detection.threshold_sigma, options.detection.min_area_px
                        ),
                    )),
                    Ok((field, field_report)) => {
                        report.fields.push(field_report);
                        fields.push(field);
                    }
                    Err(ProjectError::Cancelled) => return Err(ProjectError::Cancelled),
                    Err(e) => report.skipped.push(Skipped::new(mosaic.place(), e)),
                }
            }
        } else {
            for catalog in positional {
                match_catalog(&mosaics, catalog, options, &mut fields, &mut report)?;
            }
        }
    } else if let Some(catalog) = tables.iter().find(|t| t.file_column.is_none())
        && inputs.cutouts.is_empty()
        && !has_images
    {
        return Err(ProjectError::Ask(format!(
            "{}: a catalogue alone has no pixels to cut out; give its image too",
            catalog.path.display()
        )));
    }
    for cutouts in &inputs.cutouts {
        if known
            .iter()
            .any(|f| f.kind == FieldKind::Folder && f.root == absolute(&cutouts.root))
        {
            report.skipped.push(Skipped::new(
                cutouts.root.display(),
                "is in this project already: left as it is",
            ));
            continue;
        }
        let (field, field_report) = take_cutouts(cutouts, &tables, options, progress);
        report.fields.push(field_report);
        fields.push(field);
    }
    if progress.cancelled() {
        return Err(ProjectError::Cancelled);
    }
    fields.retain(|f| !f.objects.is_empty());
    Ok((fields, report))
}

/// Images of one sky.
struct Mosaic {
    images: Vec<(FoundImage, usize)>,
    weight: Option<FoundImage>,
    /// Whether its file holds other images of the sky too, so that its name must say the HDU.
    is_one_of_several: bool,
}

impl Mosaic {
    fn name(&self) -> String {
        let image = &self.reference().0;
        let file = file_name(&image.path);
        if self.is_one_of_several {
            format!("{file} HDU {}", image.hdu)
        } else {
            file
        }
    }

    /// Refuses a size that makes no sense on this image, before an hour is spent on it.
    fn check_size(&self, options: &ImportOptions) -> Result<(), ProjectError> {
        let image = &self.reference().0;
        let scale = image.wcs.as_ref().map(crate::sky::wcs::Wcs::pixel_scale_arcsec);
        let side_px = match (options.size, scale) {
            (Some(CutoutSize::Pixels(px)), _) => px,
            (Some(CutoutSize::Arcsec(arcsec)), Ok(scale)) if scale > 0.0 => arcsec / scale,
            (Some(CutoutSize::Arcsec(_)), _) => {
                return Err(ProjectError::Ask(format!(
                    "{}: without a WCS a size on the sky means nothing: give --size in px",
                    self.place()
                )));
            }
            (None, _) => return Ok(()),
        };
        let longest = image.shape.0.max(image.shape.1) as f64;
        if side_px < 2.0 || side_px > LARGEST_CUTOUT_PX.min((4.0 * longest).max(512.0)) {
            return Err(ProjectError::Ask(format!(
                "{}: a cutout would be {side_px:.4} pixels wide, on an image of {}×{}: choose another --size",
                self.place(),
                image.shape.0,
                image.shape.1
            )));
        }
        Ok(())
    }

    /// File and HDU, for messages.
    fn place(&self) -> String {
        let image = &self.reference().0;
        format!("{} HDU {}", image.path.display(), image.hdu)
    }

    /// What its objects are called where nothing else names them.
    fn stem(&self) -> String {
        let image = &self.reference().0;
        let stem = bands::stem(&image.path);
        if self.is_one_of_several {
            format!("{stem}-hdu{}", image.hdu)
        } else {
            stem
        }
    }

    /// The middle band: usually the deepest, and the one whose pixels positions are given in.
    fn reference(&self) -> &(FoundImage, usize) {
        &self.images[self.images.len() / 2]
    }

    fn band_names(&self) -> Vec<String> {
        self.images
            .iter()
            .enumerate()
            .map(|(i, (image, plane))| match &image.band {
                Some(band) if image.planes == 1 => band.clone(),
                _ if image.planes > 1 => format!("plane{plane}"),
                _ => format!("band{}", i + 1),
            })
            .collect()
    }

    fn field(&self, options: &ImportOptions) -> Result<Field, ProjectError> {
        let mut bands = Vec::new();
        for ((image, plane), name) in self.images.iter().zip(self.band_names()) {
            let cause = |cause| ProjectError::Io {
                path: image.path.display().to_string(),
                cause,
            };
            bands.push(Band {
                name,
                path: absolute(&image.path),
                hdu: image.hdu,
                plane: *plane,
                fingerprint: fingerprint(&image.path).map_err(cause)?,
            });
        }
        let root = self
            .reference()
            .0
            .path
            .parent()
            .map_or_else(PathBuf::new, absolute);
        let size = Some(options.size.unwrap_or(DEFAULT_SIZE));
        if options.size.is_some() {
            self.check_size(options)?;
        }
        Ok(Field {
            id: 0,
            kind: FieldKind::Mosaic,
            name: self.name(),
            root,
            size,
            crop: 1.0,
            bands,
        })
    }
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_known(mosaic: &Mosaic, known: &[Field], report: &mut ImportReport) -> bool {
    let (image, plane) = mosaic.reference();
    let path = absolute(&image.path);
    let found = known.iter().any(|f| {
        f.bands
            .iter()
            .any(|b| b.path == path && b.hdu == image.hdu && b.plane == *plane)
    });
    if found {
        report.skipped.push(Skipped::new(
            path.display(),
            "is in this project already: left as it is",
        ));
    }
    found
}

/// Puts images of one sky together: weight maps with their image, cubes as bands by plane, and
/// images of different bands that cover the same sky (or, without WCS, have the same shape).
fn group(inputs: &mut Inputs, plane: Option<usize>, report: &mut ImportReport) -> Vec<Mosaic> {
    let (auxiliary, images): (Vec<FoundImage>, Vec<FoundImage>) = std::mem::take(&mut inputs.images)
        .into_iter()
        .partition(|i| i.is_auxiliary);
    let mut mosaics: Vec<Mosaic> = Vec::new();
    for image in images {
        let label = format!("{} HDU {}", image.path.display(), image.hdu);
        let planes: Vec<usize> = match plane {
            Some(p) if p < image.planes => vec![p],
            Some(p) if image.planes > 1 => {
                report.skipped.push(Skipped::new(
                    label,
                    format!("has no plane {p}: planes run from 0 to {}", image.planes - 1),
                ));
                continue;
            }
            _ if image.planes > MOST_BANDS => {
                let n = image.planes;
                report.skipped.push(Skipped::new(
                    label,
                    format!("is a cube of {n} planes: choose one with --plane 0…{}", n - 1),
                ));
                continue;
            }
            _ => (0..image.planes).collect(),
        };
        let home = mosaics
            .iter_mut()
            .find(|m| planes.len() == 1 && is_same_sky(m, &image));
        let images = planes.into_iter().map(|p| (image.clone(), p));
        match home {
            Some(mosaic) => mosaic.images.extend(images),
            None => mosaics.push(Mosaic {
                images: images.collect(),
                weight: None,
                is_one_of_several: false,
            }),
        }
    }
    for mosaic in &mut mosaics {
        // A stable sort: bands nobody knows stay as given, behind the known ones.
        mosaic.images.sort_by(|a, b| {
            let nm = |i: &FoundImage| {
                i.band
                    .as_deref()
                    .and_then(bands::wavelength_nm)
                    .unwrap_or(f64::INFINITY)
            };
            nm(&a.0).total_cmp(&nm(&b.0))
        });
    }
    let files: Vec<PathBuf> = mosaics.iter().map(|m| m.reference().0.path.clone()).collect();
    for (mosaic, file) in mosaics.iter_mut().zip(&files) {
        mosaic.is_one_of_several = files.iter().filter(|f| *f == file).count() > 1;
    }
    for weight in auxiliary {
        let home = mosaics
            .iter_mut()
            .find(|m| m.images.iter().any(|(i, _)| is_weight_of(&weight, i)));
        match home {
            Some(mosaic) => {
                let stem = bands::stem(&weight.path).to_lowercase();
                let name = weight.hdu_name.clone().unwrap_or_default().to_lowercase();
                let is_weight = ["wht", "weight", "ivar", "invvar"]
                    .iter()
                    .any(|w| stem.contains(w) || name.contains(w));
                // Masks and noise maps are recognised so as not to be searched for objects.
                if is_weight && mosaic.weight.is_none() && is_weight_of(&weight, &mosaic.reference().0) {
                    mosaic.weight = Some(weight);
                }
            }
            None => report.skipped.push(Skipped::new(
                format!("{} HDU {}", weight.path.display(), weight.hdu),
                "looks like a weight or mask by its name, and there is no image of its shape beside it",
            )),
        }
    }
    mosaics
}

fn is_weight_of(weight: &FoundImage, image: &FoundImage) -> bool {
    if weight.shape != image.shape {
        return false;
    }
    let (w, i) = (bands::stem(&weight.path), bands::stem(&image.path));
    weight.path == image.path
        || w.starts_with(&i)
        || i.starts_with(w.split(['.', '_', '-']).next().unwrap_or(&w))
}

fn is_same_sky(mosaic: &Mosaic, image: &FoundImage) -> bool {
    let new_band = image.band.as_ref();
    let is_other_band = mosaic
        .images
        .iter()
        .all(|(i, _)| i.planes == 1 && i.band.as_ref().is_some_and(|b| Some(b) != new_band));
    if new_band.is_none() || !is_other_band {
        return false;
    }
    let first = &mosaic.images[0].0;
    match (&first.wcs, &image.wcs) {
        (Ok(a), Ok(b)) => {
            let middle = |i: &FoundImage, w: &crate::sky::wcs::Wcs| {
                w.icrs_from_pixel((i.shape.0 as f64 - 1.0) / 2.0, (i.shape.1 as f64 - 1.0) / 2.0)
            };
            let side = |i: &FoundImage, w: &crate::sky::wcs::Wcs| {
                i.shape.0.min(i.shape.1) as f64 * w.pixel_scale_arcsec()
            };
            let (Some(p), Some(q)) = (middle(first, a), middle(image, b)) else {
                return false;
            };
            let (s, t) = (side(first, a), side(image, b));
            // Bands of a survey are dithered a little; neighbouring tiles are a whole side apart.
            coords::separation_arcsec(p, q) < 0.35 * s.min(t) && s.max(t) < 2.0 * s.min(t)
        }
        (Err(_), Err(_)) => first.shape == image.shape,
        _ => false,
    }
}

/// A catalogue read, with what its columns were taken for.
struct Catalog {
    path: PathBuf,
    table: Table,
    roles: Roles,
    /// The column that names a file, for cutouts.
    file_column: Option<String>,
}

fn read_catalogs(
    inputs: &Inputs,
    options: &ImportOptions,
    report: &mut ImportReport,
    progress: &dyn Progress,
) -> Result<Vec<Catalog>, ProjectError> {
    let mut catalogs = Vec::new();
    for (path, hdu) in &inputs.catalogs {
        progress.begin(&format!("reading {}", path.display()), None);
        let table = match read_table(path, *hdu, progress) {
            Ok(table) => table,
            Err(why) => {
                // Asked for by name: without it the import would be another one.
                if options.catalog.as_ref() == Some(path) {
                    return Err(ProjectError::Ask(why));
                }
                report.skipped.push(Skipped::new(path.display(), why));
                continue;
            }
        };
        let mut roles = guess_roles(&table);
        for (asked, role) in [
            (&options.ra, &mut roles.ra),
            (&options.dec, &mut roles.dec),
            (&options.x, &mut roles.x),
            (&options.y, &mut roles.y),
            (&options.id, &mut roles.id),
        ] {
            if let Some(name) = asked {
                if table.position(name).is_none() {
                    return Err(ProjectError::Ask(format!(
                        "{}: there is no column '{name}'; it has {}",
                        path.display(),
                        shorten(&table.names())
                    )));
                }
                *role = Some(name.clone());
            }
        }
        if options.x.is_some() || options.y.is_some() {
            (roles.ra, roles.dec) = (None, None);
        }
        retell(&table, options, &mut roles);
        let file_column = ["file", "filename", "file_name", "path", "image", "image_file"]
            .iter()
            .find_map(|n| table.position(n).map(|i| table.names()[i].to_owned()))
            .filter(|_| !inputs.cutouts.is_empty());
        catalogs.push(Catalog {
            path: path.clone(),
            table,
            roles,
            file_column,
        });
    }
    Ok(catalogs)
}

/// Takes back what was guessed about columns that the user named otherwise, and looks at theirs:
/// frame, hours.
fn retell(table: &Table, options: &ImportOptions, roles: &mut Roles) {
    let mut told: Vec<String> = Vec::new();
    if let (Some(ra), Some(dec)) = (&options.ra, &options.dec) {
        let of = |named: [&str; 2]| {
            let columns = [(ra, named[0]), (dec, named[1])]
                .into_iter()
                .filter_map(|(column, name)| {
                    let i = table.position(column)?;
                    let field = table.batch.schema_ref().field(i).clone().with_name(name);
                    Some((field, table.batch.column(i).clone()))
                });
            let mut pair = Table::new(columns.collect()).ok()?;
            pair.meta = table.meta.clone();
            Some(guess_roles(&pair)).filter(|r| r.ra.is_some())
        };
        // By their own names (l, b), else as a right ascension and declination.
        let guessed = of([ra, dec]).or_else(|| of(["ra", "dec"]));
        roles.frame = guessed.as_ref().map_or(roles::SkyFrame::Icrs, |r| r.frame);
        roles.ra_is_hours = guessed.as_ref().is_some_and(|r| r.ra_is_hours);
        let hours = if roles.ra_is_hours { ", in hours" } else { "" };
        told.push(format!(
            "ra = {ra}, dec = {dec} (as asked, {:?}{hours})",
            roles.frame
        ));
    }
    if let (Some(x), Some(y)) = (&options.x, &options.y) {
        told.push(format!("x = {x}, y = {y} (as asked)"));
    }
    if let Some(id) = &options.id {
        roles.why.retain(|why| !why.starts_with("id = "));
        told.push(format!("id = {id} (as asked)"));
    }
    if options.ra.is_some() || options.x.is_some() {
        let place = ["ra = ", "dec = ", "longitude = ", "latitude = ", "x = "];
        roles.why.retain(|why| !place.iter().any(|p| why.starts_with(p)));
    }
    told.append(&mut roles.why);
    roles.why = told;
}

/// Reads a catalogue of any kind.
pub fn read_table(path: &Path, hdu: Option<usize>, progress: &dyn Progress) -> Result<Table, String> {
    let is_fits = super::inputs::file_kind(path)
        .map_err(|e| format!("{}: can't be opened: {e}", path.display()))?
        == super::inputs::FileKind::Fits;
    if !is_fits {
        return crate::io::catalog::read_catalog(path, progress).map_err(|e| e.to_string());
    }
    let mut file = FitsFile::open(path).map_err(|e| e.to_string())?;
    let hdu = hdu.or_else(|| super::inputs::images_of(&file).1);
    let hdu = hdu.ok_or_else(|| format!("{}: this FITS file holds no table with rows", path.display()))?;
    file.read_table(hdu)
        .inspect(|table| crate::io::catalog::tell_notes(path, table, progress))
        .map_err(|e| e.to_string())
}

/// Column names for a message: the first twenty.
fn shorten(names: &[&str]) -> String {
    let mut text = names.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        text.push_str(&format!(" and {} more", names.len() - 20));
    }
    text
}

/// Each row goes to the first mosaic that contains it.
fn match_catalog(
    mosaics: &[Mosaic],
    catalog: &Catalog,
    options: &ImportOptions,
    fields: &mut Vec<NewField>,
    report: &mut ImportReport,
) -> Result<(), ProjectError> {
    let rows = catalog.table.rows();
    let at = |e: String| ProjectError::Ask(format!("{}: {e}", catalog.path.display()));
    // Only what was used: sizes and classes are kept as columns and no more.
    let used = |sentence: &&String| {
        !["size = ", "label = "]
            .iter()
            .any(|role| sentence.starts_with(role))
    };
    let mut how: Vec<String> = catalog.roles.why.iter().filter(used).cloned().collect();
    let sky: Option<Vec<(f64, f64)>> = match (&catalog.roles.ra, &catalog.roles.dec) {
        (Some(_), Some(_)) => {
            let mut sky = sky_positions(&catalog.table, &catalog.roles).map_err(|e| at(e.to_string()))?;
            if let Some(frame) = FrameTransform::new(frame_of(catalog.roles.frame)) {
                for p in &mut sky {
                    *p = frame.icrs_from_frame(p.0, p.1);
                }
            }
            Some(sky)
        }
        _ => None,
    };
    let pixels: Option<Vec<(f64, f64)>> = match (&catalog.roles.x, &catalog.roles.y) {
        (Some(x), Some(y)) => {
            let missing = |c: &str| at(format!("column '{c}' is not numeric"));
            let xs = catalog.table.numbers(x).ok_or_else(|| missing(x))?;
            let ys = catalog.table.numbers(y).ok_or_else(|| missing(y))?;
            let shift = if catalog.roles.x_is_one_based { 1.0 } else { 0.0 };
            Some(
                xs.into_iter()
                    .zip(ys)
                    .map(|(x, y)| (x - shift, y - shift))
                    .collect(),
            )
        }
        _ => None,
    };
    let ids = catalog.roles.id.as_ref().and_then(|c| catalog.table.texts(c));
    if rows == 0 {
        report
            .skipped
            .push(Skipped::new(catalog.path.display(), "has no rows"));
        return Ok(());
    }
    if sky.is_none() && pixels.is_some() && mosaics.len() > 1 {
        return Err(at(format!(
            "its positions are pixels of one image, and {} were given: import them one at a time, each with its catalogue",
            mosaics.len()
        )));
    }
    let mut taken = vec![false; rows];
    let mut placed = 0;
    for mosaic in mosaics {
        let (image, _) = mosaic.reference();
        let positions: Vec<Option<(f64, f64)>> = match (&sky, &image.wcs, &pixels) {
            (Some(sky), Ok(wcs), _) => wcs.pixels_from_icrs(sky),
            (_, _, Some(pixels)) => pixels.iter().map(|&p| Some(p)).collect(),
            (Some(_), Err(why), None) => {
                report.skipped.push(Skipped::new(
                    mosaic.place(),
                    format!("sky positions can't be placed on it: {why}"),
                ));
                continue;
            }
            _ => {
                return Err(at(format!(
                    "no position columns were recognised among {}: name them with --ra COL --dec COL or --x COL --y COL",
                    shorten(&catalog.table.names())
                )));
            }
        };
        let (width, height) = (image.shape.0 as f64, image.shape.1 as f64);
        let inside: Vec<usize> = (0..rows)
            .filter(|&i| !taken[i])
            .filter(|&i| {
                positions[i]
                    .is_some_and(|(x, y)| x >= -0.5 && y >= -0.5 && x < width - 0.5 && y < height - 0.5)
            })
            .collect();
        for &i in &inside {
            taken[i] = true;
        }
        placed += inside.len();
        let objects = inside
            .par_iter()
            .with_min_len(1024)
            .filter_map(|&i| {
                let (x, y) = positions[i]?;
                let radec = match (&sky, &image.wcs) {
                    (Some(sky), _) => Some(sky[i]),
                    (None, Ok(wcs)) => wcs.icrs_from_pixel(x, y),
                    _ => None,
                };
                let id = ids
                    .as_ref()
                    .map(|ids| ids[i].trim().to_owned())
                    .filter(|id| !id.is_empty());
                let name = id.or_else(|| radec.map(|(ra, dec)| coords::position_name(ra, dec)));
                Some(Object {
                    id: 0,
                    field: 0,
                    name: name.unwrap_or_else(|| format!("row{}", i + 1)),
                    x: Some(x),
                    y: Some(y),
                    ra_deg: radec.map(|p| p.0),
                    dec_deg: radec.map(|p| p.1),
                    file: None,
                })
            })
            .collect::<Vec<Object>>();
        let batch = if inside.len() == rows {
            catalog.table.batch.clone()
        } else {
            let keep: UInt32Array = inside.iter().map(|&i| Some(i as u32)).collect();
            arrow::compute::take_record_batch(&catalog.table.batch, &keep).map_err(|e| at(e.to_string()))?
        };
        how.push(match (&sky, &image.wcs) {
            (Some(_), Ok(wcs)) => format!(
                "{} of {rows} rows of {} lie on the image (sky positions through its {} WCS)",
                inside.len(),
                file_name(&catalog.path),
                wcs.projection_code()
            ),
            _ => format!(
                "{} of {rows} rows of {} lie on the image (pixel columns, {}-based)",
                inside.len(),
                file_name(&catalog.path),
                i32::from(catalog.roles.x_is_one_based)
            ),
        });
        report.fields.push(FieldReport {
            name: mosaic.name(),
            bands: mosaic.band_names(),
            objects: objects.len(),
            how: std::mem::take(&mut how),
        });
        let columns = Some(Table {
            batch,
            meta: catalog.table.meta.clone(),
        });
        fields.push(NewField {
            field: mosaic.field(options)?,
            objects,
            columns,
        });
    }
    if placed == 0 {
        let why = off_every_image(mosaics, &sky, &pixels);
        report.skipped.push(Skipped::new(catalog.path.display(), why));
    } else if placed < rows
        && let Some(last) = report.fields.last_mut()
    {
        last.how.push(format!(
            "{} rows of {} lie on no image and were left out",
            rows - placed,
            file_name(&catalog.path)
        ));
    }
    Ok(())
}

/// Why not one row lies on an image: where the rows are and where the images are.
fn off_every_image(
    mosaics: &[Mosaic],
    sky: &Option<Vec<(f64, f64)>>,
    pixels: &Option<Vec<(f64, f64)>>,
) -> String {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values
            .filter(|v| v.is_finite())
            .fold(None, |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            })
    };
    let Some(positions) = sky.as_ref().or(pixels.as_ref()) else {
        return "no row has a position".to_owned();
    };
    let (Some(x), Some(y)) = (
        range(&mut positions.iter().map(|p| p.0)),
        range(&mut positions.iter().map(|p| p.1)),
    ) else {
        return "no row has a position: what stands in its position columns are no numbers or angles; name others with --ra --dec or --x --y".to_owned();
    };
    let image = &mosaics[0].reference().0;
    let (width, height) = (image.shape.0 as f64, image.shape.1 as f64);
    let there = match (sky, &image.wcs) {
        (Some(_), Ok(wcs)) => match wcs.icrs_from_pixel((width - 1.0) / 2.0, (height - 1.0) / 2.0) {
            Some((ra, dec)) => {
                let (w, h) = (
                    width * wcs.pixel_scale_arcsec() / 3600.0,
                    height * wcs.pixel_scale_arcsec() / 3600.0,
                );
                format!(
                    "{} has its middle at RA {ra:.4}, Dec {dec:.4} and is {w:.3}°×{h:.3}°",
                    mosaics[0].name()
                )
            }
            None => format!("the middle of {} is off its projection", mosaics[0].name()),
        },
        _ => format!("{} is {width}×{height} pixels", mosaics[0].name()),
    };
    let (a, b) = if sky.is_some() { ("RA", "Dec") } else { ("x", "y") };
    format!(
        "no row lies on an image: the rows have {a} {:.4} to {:.4} and {b} {:.4} to {:.4}, and {there}; \
         check the columns with `astrolabel info` and name others with --ra --dec or --x --y",
        x.0, x.1, y.0, y.1
    )
}

/// The frame of a catalogue's positions; where only a system is known, at its usual equinox.
fn frame_of(frame: roles::SkyFrame) -> SkyFrame {
    match frame {
        roles::SkyFrame::Icrs => SkyFrame::Icrs,
        roles::SkyFrame::Fk4 => SkyFrame::Fk4 { equinox: 1950.0 },
        roles::SkyFrame::Galactic => SkyFrame::Galactic,
        roles::SkyFrame::Ecliptic => SkyFrame::Ecliptic { equinox: 2000.0 },
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn detect_on(
    mosaic: &Mosaic,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(NewField, FieldReport), ProjectError> {
    let (image, plane) = mosaic.reference();
    let wrong = |e: String| ProjectError::Ask(e);
    progress.begin(&format!("reading {}", mosaic.name()), None);
    let mut file = FitsFile::open(&image.path).map_err(|e| wrong(e.to_string()))?;
    let pixels = file
        .read_plane(image.hdu, *plane)
        .map_err(|e| wrong(e.to_string()))?;
    let weight = match &mosaic.weight {
        Some(w) => {
            let mut file = FitsFile::open(&w.path).map_err(|e| wrong(e.to_string()))?;
            Some(file.read_plane(w.hdu, 0).map_err(|e| wrong(e.to_string()))?)
        }
        None => None,
    };
    let noise = weight.as_ref().map_or(Noise::FromBackground, Noise::Weight);
    let settings = &options.detection;
    let found = detect::detect(&pixels, noise, settings, progress).map_err(|e| wrong(e.to_string()))?;
    if progress.cancelled() {
        return Err(ProjectError::Cancelled);
    }
    let objects: Vec<Object> = found
        .sources
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let radec = image.wcs.as_ref().ok().and_then(|w| w.icrs_from_pixel(s.x, s.y));
            Object {
                id: 0,
                field: 0,
                name: radec.map_or_else(
                    || format!("{}-{}", mosaic.stem(), i + 1),
                    |(ra, dec)| coords::position_name(ra, dec),
                ),
                x: Some(s.x),
                y: Some(s.y),
                ra_deg: radec.map(|p| p.0),
                dec_deg: radec.map(|p| p.1),
                file: None,
            }
        })
        .collect();
    let mut how = vec![format!(
        "{} detected above {} sigma with at least {} pixels{}",
        if objects.len() == 1 {
            "1 source".to_owned()
        } else {
            format!("{} sources", objects.len())
        },
        settings.threshold_sigma,
        settings.min_area_px,
        mosaic.weight.as_ref().map_or(String::new(), |w| format!(
            ", noise from the weight map {}",
            file_name(&w.path)
        ))
    )];
    if mosaic.images.len() > 1 {
        how.push(format!(
            "detected on band {}",
            mosaic.band_names()[mosaic.images.len() / 2]
        ));
    }
    if let Err(why) = &image.wcs {
        how.push(format!("no sky positions: {why}"));
    }
    let field_report = FieldReport {
        name: mosaic.name(),
        bands: mosaic.band_names(),
        objects: objects.len(),
        how,
    };
    let columns = Some(detect::catalog_columns(&found.sources).map_err(|e| wrong(e.to_string()))?);
    Ok((
        NewField {
            field: mosaic.field(options)?,
            objects,
            columns,
        },
        field_report,
    ))
}

/// One object a file, with the columns of a catalogue that has a column of file names.
fn take_cutouts(
    cutouts: &FoundCutouts,
    catalogs: &[Catalog],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> (NewField, FieldReport) {
    let root = absolute(&cutouts.root);
    let mut how = Vec::new();
    let mut columns = None;
    let mut radec: Vec<Option<(f64, f64)>> = vec![None; cutouts.files.len()];
    for catalog in catalogs {
        let Some(names) = catalog.file_column.as_ref().and_then(|c| catalog.table.texts(c)) else {
            continue;
        };
        let mut row_of: HashMap<String, u32> = HashMap::new();
        let folder = catalog.path.parent().map_or_else(PathBuf::new, absolute);
        for (row, name) in names.iter().enumerate() {
            // Names are relative to the catalogue, to the folder, or bare.
            let under_root = folder
                .join(name)
                .strip_prefix(&root)
                .ok()
                .map(|p| p.to_string_lossy().into_owned());
            for key in [
                under_root,
                Some(name.clone()),
                Path::new(name)
                    .file_name()
                    .map(|n| n.to_string_lossy().into_owned()),
            ]
            .into_iter()
            .flatten()
            {
                row_of.entry(key).or_insert(row as u32);
            }
        }
        let rows: UInt32Array = cutouts
            .files
            .iter()
            .map(|f| {
                row_of
                    .get(f)
                    .or_else(|| row_of.get(&file_name(Path::new(f))))
                    .copied()
            })
            .collect();
        let matched = rows.iter().flatten().count();
        if matched == 0 {
            continue;
        }
        if let Ok(mut sky) = sky_positions(&catalog.table, &catalog.roles) {
            if let Some(frame) = FrameTransform::new(frame_of(catalog.roles.frame)) {
                for p in &mut sky {
                    *p = frame.icrs_from_frame(p.0, p.1);
                }
            }
            for (position, row) in radec.iter_mut().zip(rows.iter()) {
                *position = row
                    .and_then(|r| sky.get(r as usize).copied())
                    .filter(|p| p.0.is_finite() && p.1.is_finite());
            }
        }
        how.push(format!(
            "{matched} of {} files have a row in {}",
            cutouts.files.len(),
            file_name(&catalog.path)
        ));
        if let Ok(batch) = arrow::compute::take_record_batch(&catalog.table.batch, &rows) {
            columns = Some(Table {
                batch,
                meta: catalog.table.meta.clone(),
            });
        }
        break;
    }
    progress.begin("listing cutouts", None);
    let objects: Vec<Object> = cutouts
        .files
        .iter()
        .zip(radec)
        .map(|(file, radec)| Object {
            id: 0,
            field: 0,
            name: file.clone(),
            x: None,
            y: None,
            ra_deg: radec.map(|p| p.0),
            dec_deg: radec.map(|p| p.1),
            file: Some(file.clone()),
        })
        .collect();
    how.insert(
        0,
        format!("{} ready-made cutouts, one object a file", objects.len()),
    );
    let name = root
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_else(|| root.display().to_string());
    let crop = options.crop.unwrap_or(1.0);
    if crop < 1.0 {
        how.push(format!("the central {crop} of each is kept"));
    }
    let field = Field {
        id: 0,
        kind: FieldKind::Folder,
        name: name.clone(),
        root,
        size: None,
        crop,
        bands: vec![],
    };
    let report = FieldReport {
        name,
        bands: vec![],
        objects: objects.len(),
        how,
    };
    (
        NewField {
            field,
            objects,
            columns,
        },
        report,
    )
}

/// Who is at the keyboard, for the journal.
pub fn current_user() -> String {
    ["ASTROLABEL_USER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|k| std::env::var(k).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// An author for the journal: the person at the keyboard and where they speak from.
pub fn author(who: Option<&str>, origin: &str) -> journal::Author {
    journal::Author {
        who: who.map_or_else(current_user, str::to_owned),
        origin: origin.to_owned(),
    }
}
