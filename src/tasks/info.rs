//! Info: what a file or a project holds, as facts for people and programs.

use super::inputs::{FileKind, NOT_READ, file_kind, packed};
use crate::io::catalog::Table;
use crate::io::fits::{FitsFile, HduInfo, HduKind, Header};
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::runs::Run;
use crate::project::{FieldKind, Project, ProjectError, answers, objects};
use crate::sky::{coords, wcs::Wcs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// One HDU in words.
#[derive(Debug, Clone)]
pub struct HduLine {
    /// Index, 0 = primary.
    pub index: usize,
    /// EXTNAME.
    pub name: String,
    /// What it is: `image 1024×1024 float32, RICE_1`.
    pub what: String,
    /// Where it is on the sky, if it is.
    pub sky: String,
}

/// What a path holds.
pub enum Info {
    /// A FITS file: its HDUs and what is wrong with it.
    Fits(Vec<HduLine>, Vec<String>),
    /// A picture: channels, width, height.
    Picture(usize, usize, usize),
    /// A catalogue, with what its columns would be taken for.
    Catalog(Table, Vec<String>),
    /// A folder: what an import would find.
    Folder(Box<super::inputs::Inputs>),
    /// A project, as facts.
    Project(Value),
}

/// Looks at `path`.
pub fn info(path: &Path, progress: &dyn Progress) -> Result<Info, ProjectError> {
    let wrong = |cause: String| ProjectError::Ask(format!("{}: {cause}", path.display()));
    if Project::is_project(path) {
        return project_facts(&Project::open(path, false)?).map(Info::Project);
    }
    if path.is_dir() {
        let found = super::inputs::look(&[path.to_owned()], false, progress);
        return Ok(Info::Folder(Box::new(found)));
    }
    match file_kind(path).map_err(|e| wrong(format!("can't be opened: {e}")))? {
        FileKind::Fits => {
            let file = FitsFile::open(path).map_err(|e| ProjectError::Ask(e.to_string()))?;
            let problems = file.problems().iter().map(ToString::to_string).collect();
            Ok(Info::Fits(file.hdus().iter().map(hdu_line).collect(), problems))
        }
        FileKind::Picture => {
            let picture =
                crate::io::picture::read_picture(path).map_err(|e| ProjectError::Ask(e.to_string()))?;
            let first = picture.channels.first();
            Ok(Info::Picture(
                picture.channels.len(),
                first.map_or(0, |p| p.width),
                first.map_or(0, |p| p.height),
            ))
        }
        FileKind::Catalog => {
            let table = super::import::read_table(path, None, progress).map_err(ProjectError::Ask)?;
            let roles = crate::io::catalog::roles::guess_roles(&table);
            Ok(Info::Catalog(table, roles.why))
        }
        FileKind::Unknown => Err(wrong(packed(path).unwrap_or_else(|| NOT_READ.to_owned()))),
    }
}

/// The header of one HDU.
pub fn header(path: &Path, hdu: usize) -> Result<Header, ProjectError> {
    let file = FitsFile::open(path).map_err(|e| ProjectError::Ask(e.to_string()))?;
    let count = file.hdus().len();
    file.hdus().get(hdu).map(|h| h.header.clone()).ok_or_else(|| {
        ProjectError::Ask(format!(
            "{}: there is no HDU {hdu}: it has {count}, counted from 0",
            path.display()
        ))
    })
}

fn hdu_line(hdu: &HduInfo) -> HduLine {
    let (what, sky) = match &hdu.kind {
        HduKind::Empty => ("no data".to_owned(), String::new()),
        HduKind::Image {
            shape,
            bitpix,
            compression,
        } => {
            let sides: Vec<String> = shape.iter().map(ToString::to_string).collect();
            let kind = match bitpix {
                8 => "uint8".to_owned(),
                -32 => "float32".to_owned(),
                -64 => "float64".to_owned(),
                bits => format!("int{bits}"),
            };
            let packed = compression.as_ref().map_or(String::new(), |c| format!(", {c}"));
            (
                format!("image {} {kind}{packed}", sides.join("×")),
                sky_of(&hdu.header, shape),
            )
        }
        HduKind::BinaryTable { rows, columns } => {
            (format!("table of {rows} rows, {columns} columns"), String::new())
        }
        HduKind::AsciiTable { rows, columns } => (
            format!("ASCII table of {rows} rows, {columns} columns"),
            String::new(),
        ),
        HduKind::RandomGroups => ("random groups".to_owned(), String::new()),
        HduKind::Other(name) => (name.clone(), String::new()),
    };
    HduLine {
        index: hdu.index,
        name: hdu.name.clone().unwrap_or_default(),
        what,
        sky,
    }
}

fn sky_of(header: &Header, shape: &[usize]) -> String {
    let Ok(wcs) = Wcs::from_header(header) else {
        return String::new();
    };
    let (Some(width), Some(height)) = (shape.first(), shape.get(1)) else {
        return String::new();
    };
    let middle = wcs.icrs_from_pixel((*width as f64 - 1.0) / 2.0, (*height as f64 - 1.0) / 2.0);
    let middle = middle.map_or_else(
        || "middle off the projection".to_owned(),
        |(ra, dec)| coords::position_name(ra, dec),
    );
    format!(
        "{} {middle}, {:.4}″/pixel",
        wcs.projection_code(),
        wcs.pixel_scale_arcsec()
    )
}

/// Facts of a project.
pub fn project_facts(project: &Project) -> Result<Value, ProjectError> {
    let count = project.count()?;
    let mut per_field: BTreeMap<i64, usize> = BTreeMap::new();
    for object in objects::all(project.store())? {
        *per_field.entry(object.field).or_default() += 1;
    }
    let fields: Vec<Value> = objects::fields(project.store())?
        .iter()
        .map(|f| {
            let folder = Some(&f.root).filter(|_| f.kind == FieldKind::Folder);
            let missing: Vec<String> = f
                .bands
                .iter()
                .map(|b| &b.path)
                .chain(folder)
                .filter(|path| !path.exists())
                .map(|path| path.display().to_string())
                .collect();
            json!({
                "name": f.name,
                "kind": if f.kind == FieldKind::Mosaic { "mosaic" } else { "folder" },
                "root": f.root.display().to_string(),
                "bands": f.bands.iter().map(|b| &b.name).collect::<Vec<_>>(),
                "size": f.size,
                "crop": f.crop,
                "objects": per_field.get(&f.id).copied().unwrap_or(0),
                "missing": missing,
            })
        })
        .collect();
    // What is damaged is said, and the rest too.
    let mut damage: Vec<String> = Vec::new();
    if let Err(e) = crate::project::catalog::read(project) {
        damage.push(e.to_string());
    }
    let mut runs = Vec::new();
    for (name, encoder) in project.runs()? {
        match Run::open(&project.embeddings(), &name, count) {
            Ok(run) => runs.push(json!({"run": name, "encoder": encoder, "dim": run.manifest.dim, "done": run.done(), "created": run.manifest.created})),
            Err(e) => damage.push(e.to_string()),
        }
    }
    let tally = |kind| -> Result<BTreeMap<String, usize>, ProjectError> {
        let mut tally = BTreeMap::new();
        for value in journal::standing(project.store(), kind)?.into_values() {
            *tally.entry(value).or_default() += 1;
        }
        Ok(tally)
    };
    let mut kept = Vec::new();
    for kind in answers::kinds(project)? {
        match answers::load(project, &kind) {
            Ok(Some(answer)) => kept.push(json!({"kind": kind, "at": answer.at})),
            Ok(None) => {}
            Err(e) => damage.push(e.to_string()),
        }
    }
    Ok(json!({
        "project": project.root().display().to_string(),
        "objects": count,
        "fields": fields,
        "runs": runs,
        "labels": tally(Kind::Label)?,
        "marks": tally(Kind::Mark)?,
        "events": journal::generation(project.store())?,
        "journal_consistent": journal::is_consistent(project.store())?,
        "answers": kept,
        "damaged": damage,
    }))
}
