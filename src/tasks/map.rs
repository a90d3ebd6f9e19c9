//! Map: two coordinates for every object, near where it looks alike.

use super::vectors::Opened;
use crate::discovery::projection::{Pca, UmapOptions, umap};
use crate::io::catalog::table::field;
use crate::progress::Progress;
use crate::project::{Project, ProjectError, answers};
use arrow::array::{ArrayRef, Float32Array};
use arrow::datatypes::DataType;
use serde_json::json;
use std::sync::Arc;

/// How objects are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapMethod {
    /// Principal components.
    Pca,
    /// UMAP.
    Umap,
}

impl MapMethod {
    /// The name, also of the stored answer behind `map-`.
    pub fn name(self) -> &'static str {
        match self {
            MapMethod::Pca => "pca",
            MapMethod::Umap => "umap",
        }
    }
}

/// A map.
pub struct Map {
    /// Two coordinates an object, NaN where it has no vector.
    pub places: Vec<[f32; 2]>,
    /// How it came about, for people.
    pub how: String,
    /// Why the coordinates are not kept in the project, if it can't be written.
    pub not_kept: Option<String>,
}

/// Lays the objects out and keeps the coordinates in the project.
pub fn map(
    project: &mut Project,
    method: MapMethod,
    on: Option<&str>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Map, ProjectError> {
    let opened = Opened::of(project, on)?;
    let features = opened.features(progress)?;
    let (matrix, how, facts) = match method {
        MapMethod::Pca => {
            let pca = Pca::fit(&features, 2, progress).map_err(|e| opened.error(e))?;
            let places = pca.transform(&features, progress).map_err(|e| opened.error(e))?;
            let ratio: f64 = pca.variance_ratio.iter().sum();
            let how = format!(
                "the first two principal components hold {:.0} % of the spread",
                100.0 * ratio
            );
            (places, how, json!({ "variance_ratio": pca.variance_ratio }))
        }
        MapMethod::Umap => {
            let options = UmapOptions {
                seed,
                ..Default::default()
            };
            let found = umap(&features, &options, progress).map_err(|e| opened.error(e))?;
            let p = &found.provenance;
            let mut how = format!(
                "UMAP of {} objects by {} neighbours each, {} epochs",
                p.fitted, p.options.neighbours, p.epochs
            );
            // Beyond what is laid out together, objects are put where their neighbours are.
            if p.placed > 0 {
                how += &format!("; {} more put beside their neighbours", p.placed);
            }
            let facts = serde_json::to_value(&found.provenance).unwrap_or_default();
            (found.places, how, facts)
        }
    };
    let places: Vec<[f32; 2]> = (0..features.rows())
        .map(|i| {
            let row = matrix.row(i);
            [
                row.first().copied().unwrap_or(f32::NAN),
                row.get(1).copied().unwrap_or(0.0),
            ]
        })
        .collect();
    let name = method.name();
    let column = |axis: usize, letter: &str| {
        let array: Float32Array = places
            .iter()
            .map(|p| p[axis].is_finite().then_some(p[axis]))
            .collect();
        let what = format!("{letter} on the {name} map");
        (
            field(
                &format!("map_{name}_{letter}"),
                DataType::Float32,
                "",
                "stat.value",
                &what,
            ),
            Arc::new(array) as ArrayRef,
        )
    };
    let ids: Vec<i64> = (0..places.len() as i64).collect();
    let provenance = json!({ "method": name, "facts": facts, "seed": seed, "vectors": opened.provenance() });
    let serde_json::Value::Object(provenance) = provenance else {
        return Err(ProjectError::Cancelled);
    };
    let draft = answers::Draft {
        kind: format!("map-{name}"),
        objects: ids,
        columns: vec![column(0, "x"), column(1, "y")],
        provenance,
    };
    let not_kept = answers::save(project, draft)?;
    Ok(Map {
        places,
        how,
        not_kept,
    })
}
