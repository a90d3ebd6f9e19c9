//! The columns that the project adds to a catalogue: identity, labels, an encoder's readable numbers.

use crate::io::catalog::table::field;
use crate::project::journal::{self, Event, Kind};
use crate::project::runs::Run;
use crate::project::{OBJECT_ID, Project, ProjectError, catalog, objects};
use crate::tasks::images::Images;
use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Who each object is and where.
pub(super) fn identity(project: &Project, images: &Images) -> Result<Vec<(Field, ArrayRef)>, ProjectError> {
    let all = images.objects();
    let sources: HashMap<i64, String> = objects::fields(project.store())?
        .into_iter()
        .map(|f| (f.id, f.name))
        .collect();
    let flags = project.flags()?;
    let real = |name: &str, unit: &str, ucd: &str, what: &str, value: fn(&objects::Object) -> Option<f64>| {
        let array: Float64Array = all.iter().map(value).collect();
        (
            field(name, DataType::Float64, unit, ucd, what),
            Arc::new(array) as ArrayRef,
        )
    };
    let text = |name: &str, ucd: &str, what: &str, array: StringArray| {
        (
            field(name, DataType::Utf8, "", ucd, what),
            Arc::new(array) as ArrayRef,
        )
    };
    let mut columns = vec![
        (
            field(
                OBJECT_ID,
                DataType::Int64,
                "",
                "meta.record",
                "number in the project",
            ),
            Arc::new(all.iter().map(|o| Some(o.id)).collect::<Int64Array>()) as ArrayRef,
        ),
        text(
            "object",
            "meta.id;meta.main",
            "name",
            all.iter().map(|o| Some(o.name.as_str())).collect(),
        ),
        text(
            "source",
            "meta.id;meta.file",
            "image or folder it comes from",
            all.iter()
                .map(|o| sources.get(&o.field).map(String::as_str))
                .collect(),
        ),
    ];
    if all.iter().any(|o| o.file.is_some()) {
        columns.push(text(
            "file",
            "meta.id;meta.file",
            "cutout, relative to its folder",
            all.iter().map(|o| o.file.as_deref()).collect(),
        ));
    }
    if all.iter().any(|o| o.x.is_some()) {
        columns.push(real(
            "x_pixel",
            "pix",
            "pos.cartesian.x;instr.det",
            "x in the reference band, zero-based",
            |o| o.x,
        ));
        columns.push(real(
            "y_pixel",
            "pix",
            "pos.cartesian.y;instr.det",
            "y in the reference band, zero-based",
            |o| o.y,
        ));
    }
    if all.iter().any(|o| o.ra_deg.is_some()) {
        columns.push(real(
            "ra_icrs",
            "deg",
            "pos.eq.ra",
            "right ascension, ICRS",
            |o| o.ra_deg,
        ));
        columns.push(real("dec_icrs", "deg", "pos.eq.dec", "declination, ICRS", |o| {
            o.dec_deg
        }));
    }
    let array: arrow::array::Int16Array = all
        .iter()
        .map(|o| Some(i16::from(flags.get(&o.id).copied().unwrap_or(0))))
        .collect();
    let what = "1 cutout over the edge, 2 blank pixels, 4 band missing, 8 no pixels at all";
    columns.push((
        field("cutout_flags", DataType::Int16, "", "meta.code", what),
        Arc::new(array),
    ));
    Ok(columns)
}

pub(super) fn label_columns(project: &Project, ids: &[i64]) -> Result<Vec<(Field, ArrayRef)>, ProjectError> {
    let labels = journal::standing_events(project.store(), Kind::Label)?;
    let marks = journal::standing_events(project.store(), Kind::Mark)?;
    let text = |name: &str, what: &str, events: &HashMap<i64, Event>, part: fn(&Event) -> Option<&str>| {
        let array: StringArray = ids.iter().map(|id| events.get(id).and_then(part)).collect();
        (
            field(name, DataType::Utf8, "", "meta.code.class", what),
            Arc::new(array) as ArrayRef,
        )
    };
    let mut columns = vec![
        text("label", "class given by a person or a file", &labels, |e| {
            e.value.as_deref()
        }),
        text("label_by", "who gave it", &labels, |e| Some(&e.who)),
        text("label_at", "when, UTC", &labels, |e| Some(&e.at)),
        text("label_from", "from which view, command or file", &labels, |e| {
            Some(&e.origin)
        }),
    ];
    if !marks.is_empty() {
        columns.push(text("mark", "interesting or ordinary", &marks, |e| {
            e.value.as_deref()
        }));
        columns.push(text("mark_by", "who marked it", &marks, |e| Some(&e.who)));
    }
    Ok(columns)
}

/// The readable numbers of an encoder whose dimensions have names.
pub(super) fn feature_columns(run: &Run) -> Vec<(Field, ArrayRef)> {
    let vectors = run.vectors();
    let dim = vectors.dim();
    let mut values: Vec<Vec<Option<f32>>> = vec![Vec::with_capacity(vectors.rows()); dim];
    let mut row = vec![0.0; dim];
    for i in 0..vectors.rows() {
        let present = vectors.is_present(i);
        if present {
            vectors.read_row(i, &mut row);
        }
        for (column, value) in values.iter_mut().zip(&row) {
            column.push(present.then_some(*value));
        }
    }
    let known = crate::encoder::morphometry::features();
    run.manifest
        .encoder
        .feature_names
        .iter()
        .zip(values)
        .map(|(name, values)| {
            let fact = known.iter().find(|f| f.name == name);
            let what = fact.map_or("", |f| f.description);
            (
                field(name, DataType::Float32, "", "src.morph.param", what),
                Arc::new(Float32Array::from(values)) as ArrayRef,
            )
        })
        .collect()
}

/// A catalogue's column called like one of the program's gets another name: `label` is always the
/// project's, and what the catalogue called so is `label_catalog`.
pub(super) fn step_aside(own: &mut [(Field, ArrayRef)], columns: &[(Field, ArrayRef)]) {
    let taken: HashSet<String> = columns.iter().map(|(f, _)| f.name().to_lowercase()).collect();
    for (field, _) in own {
        let mut name = field.name().clone();
        while taken.contains(&name.to_lowercase()) {
            name.push_str(catalog::CATALOG_SUFFIX);
        }
        *field = field.clone().with_name(name);
    }
}

/// Column names that differ in more than case, as FITS and SQL need.
pub(super) fn unique(columns: &mut [(Field, ArrayRef)]) {
    let mut seen: HashSet<String> = HashSet::new();
    for (field, _) in columns {
        let mut name = field.name().clone();
        let mut n = 2;
        while !seen.insert(name.to_lowercase()) {
            name = format!("{}_{n}", field.name());
            n += 1;
        }
        if name != *field.name() {
            *field = field.clone().with_name(name);
        }
    }
}
