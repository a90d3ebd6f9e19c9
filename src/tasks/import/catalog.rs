//! Catalogues to import: read, and their columns' meaning guessed or as the user says.

use super::request::{ImportOptions, ImportReport};
use crate::io::catalog::Table;
use crate::io::catalog::roles::{Roles, guess_roles, sky_positions};
use crate::io::fits::FitsFile;
use crate::progress::Progress;
use crate::project::ProjectError;
use crate::sky::coords::{FrameTransform, SkyFrame};
use crate::tasks::Skipped;
use crate::tasks::inputs::{self, Inputs};
use std::path::{Path, PathBuf};

/// A catalogue read, with what its columns were taken for.
pub(super) struct Catalog {
    pub(super) path: PathBuf,
    pub(super) table: Table,
    pub(super) roles: Roles,
    /// The column that names a file, for cutouts.
    pub(super) file_column: Option<String>,
}

impl Catalog {
    /// Right ascension and declination of every row, ICRS degrees; not finite where it has none.
    pub(super) fn icrs(&self) -> Result<Vec<(f64, f64)>, String> {
        let mut sky = sky_positions(&self.table, &self.roles).map_err(|e| e.to_string())?;
        if let Some(frame) = FrameTransform::new(self.roles.frame) {
            for p in &mut sky {
                *p = frame.icrs_from_frame(p.0, p.1);
            }
        }
        Ok(sky)
    }

    /// Zero-based pixel positions of every row; `None` without such columns.
    pub(super) fn pixels(&self) -> Result<Option<Vec<(f64, f64)>>, String> {
        let (Some(x), Some(y)) = (&self.roles.x, &self.roles.y) else {
            return Ok(None);
        };
        let numbers = |c: &str| {
            self.table
                .numbers(c)
                .ok_or_else(|| format!("column '{c}' is not numeric"))
        };
        let (xs, ys) = (numbers(x)?, numbers(y)?);
        let shift = if self.roles.x_is_one_based { 1.0 } else { 0.0 };
        let positions = xs.into_iter().zip(ys).map(|(x, y)| (x - shift, y - shift));
        Ok(Some(positions.collect()))
    }
}

/// Reads the catalogues among the inputs; one that was asked for by name must be readable.
pub(super) fn read_catalogs(
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
        roles.frame = guessed.as_ref().map_or(SkyFrame::Icrs, |r| r.frame);
        roles.ra_is_hours = guessed.as_ref().is_some_and(|r| r.ra_is_hours);
        let hours = if roles.ra_is_hours { ", in hours" } else { "" };
        told.push(format!(
            "ra = {ra}, dec = {dec} (as asked, {}{hours})",
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
    let is_fits = inputs::file_kind(path).map_err(|e| format!("{}: can't be opened: {e}", path.display()))?
        == inputs::FileKind::Fits;
    if !is_fits {
        return crate::io::catalog::read_catalog(path, progress).map_err(|e| e.to_string());
    }
    let mut file = FitsFile::open(path).map_err(|e| e.to_string())?;
    let hdu = hdu.or_else(|| inputs::images_of(&file).1);
    let hdu = hdu.ok_or_else(|| format!("{}: this FITS file holds no table with rows", path.display()))?;
    file.read_table(hdu)
        .inspect(|table| crate::io::catalog::tell_notes(path, table, progress))
        .map_err(|e| e.to_string())
}

/// Column names for a message: the first twenty.
pub(super) fn shorten(names: &[&str]) -> String {
    let mut text = names.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        text.push_str(&format!(" and {} more", names.len() - 20));
    }
    text
}
