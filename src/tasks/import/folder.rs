//! Folders of ready-made cutouts: one object a file.

use super::catalog::Catalog;
use super::file_name;
use super::request::{FieldReport, ImportOptions};
use crate::io::catalog::Table;
use crate::io::paths::whole_path;
use crate::progress::Progress;
use crate::project::{Field, FieldKind, NewField, Object};
use crate::tasks::inputs::FoundCutouts;
use arrow::array::UInt32Array;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// One object a file, with the columns of a catalogue that has a column of file names.
pub(super) fn take_cutouts(
    cutouts: &FoundCutouts,
    catalogs: &[Catalog],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> (NewField, FieldReport) {
    let root = whole_path(&cutouts.root);
    let mut how = Vec::new();
    let mut columns = None;
    let mut radec: Vec<Option<(f64, f64)>> = vec![None; cutouts.files.len()];
    for catalog in catalogs {
        let Some(names) = catalog.file_column.as_ref().and_then(|c| catalog.table.texts(c)) else {
            continue;
        };
        let mut row_of: HashMap<String, u32> = HashMap::new();
        let folder = catalog.path.parent().map_or_else(PathBuf::new, whole_path);
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
        if let Ok(sky) = catalog.icrs() {
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
            is_known: false,
            objects,
            columns,
        },
        report,
    )
}
