//! Anomalies: what is strange, and, as soon as a few objects are marked, what is interesting.

use super::vectors::Opened;
use crate::discovery::Features;
use crate::discovery::anomaly::{
    Anomalies, AnomalyOptions, Driver, ForestOptions, GuidedOptions, KnnOptions, drivers, guided,
    rank_anomalies,
};
use crate::io::catalog::table::field;
use crate::progress::Progress;
use crate::project::journal::{self, INTERESTING, Kind};
use crate::project::{
    Object, Project, ProjectError,
    answers::{self, Draft},
    objects,
};
use arrow::array::{ArrayRef, Float32Array, Int64Array};
use arrow::datatypes::DataType;
use rayon::prelude::*;
use serde_json::json;
use std::sync::Arc;

/// The kind of the stored answer.
pub const ANSWER: &str = "anomalies";
/// How many features an object's strangeness is explained by.
const DRIVERS: usize = 3;

/// The plain outlier score that is ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Isolation forest.
    Isolation,
    /// Mean distance to ten neighbours.
    Knn,
    /// Mahalanobis distance.
    Mahalanobis,
    /// Mean of the three ranks.
    Combined,
}

impl Method {
    /// The name in provenance and messages.
    pub fn name(self) -> &'static str {
        match self {
            Method::Isolation => "isolation",
            Method::Knn => "knn",
            Method::Mahalanobis => "mahalanobis",
            Method::Combined => "combined",
        }
    }
}

/// How to rank.
#[derive(Debug, Clone)]
pub struct AnomalyRequest {
    /// The plain score.
    pub method: Method,
    /// Whether marks are left out of account.
    pub unguided: bool,
    /// Which vectors.
    pub on: Option<String>,
    /// How many to explain.
    pub k: usize,
    /// Seed of the forest and the samples.
    pub seed: u64,
}

/// One of the strangest.
#[derive(Debug, Clone)]
pub struct Strange {
    /// The object.
    pub object: Object,
    /// The score it is ranked by.
    pub score: f32,
    /// Its mark, if it has one.
    pub mark: Option<String>,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// What drives its strangeness.
    pub drivers: Vec<Driver>,
}

/// A ranking.
pub struct Ranking {
    /// The first `k`.
    pub strangest: Vec<Strange>,
    /// How many objects were ranked.
    pub ranked: usize,
    /// Marks that guided it: interesting, ordinary.
    pub marks: (usize, usize),
    /// Weight of what was learnt from the marks, 0 to 1; 0 where nothing guided.
    pub model_weight: f64,
    /// Why the scores are not kept in the project, if it can't be written.
    pub not_kept: Option<String>,
}

/// Every object's place in a ranking, and how it came about.
pub struct Scored {
    /// By object, 0 to 1; higher is stranger, NaN without a vector.
    pub score: Vec<f32>,
    /// Objects with a vector, strangest first.
    pub order: Vec<usize>,
    /// Marks that guided it: interesting, ordinary.
    pub marks: (usize, usize),
    /// Weight of what was learnt from the marks, 0 to 1; 0 where nothing guided.
    pub model_weight: f64,
    /// How it came about, but for the vectors.
    pub provenance: serde_json::Map<String, serde_json::Value>,
}

/// Ranks all objects that have vectors and keeps the scores in the project.
pub fn anomalies(
    project: &mut Project,
    request: &AnomalyRequest,
    progress: &dyn Progress,
) -> Result<Ranking, ProjectError> {
    let opened = Opened::of(project, request.on.as_deref())?;
    let features = opened.features(progress)?;
    let scores = outlier_scores(&opened, &features, request.seed, progress)?;
    let scored = rank_on(project, &opened, &features, &scores, request, progress)?;
    let names = opened.feature_names();
    let labels = journal::standing(project.store(), Kind::Label)?;
    let marks = journal::standing(project.store(), Kind::Mark)?;
    let mut strangest = Vec::new();
    for &row in scored.order.iter().take(request.k) {
        let Some(object) = objects::get(project.store(), row as i64)? else {
            continue;
        };
        let drivers =
            drivers(&features, &scores.covariance, row, &names, DRIVERS).map_err(|e| opened.error(e))?;
        let (mark, label) = (marks.get(&object.id).cloned(), labels.get(&object.id).cloned());
        strangest.push(Strange {
            object,
            score: scored.score[row],
            mark,
            label,
            drivers,
        });
    }
    let not_kept = keep(project, &opened, &scores, &scored)?;
    Ok(Ranking {
        strangest,
        ranked: scored.order.len(),
        marks: scored.marks,
        model_weight: scored.model_weight,
        not_kept,
    })
}

/// The plain outlier scores, which no mark changes: the slow part of a ranking.
pub fn outlier_scores(
    opened: &Opened,
    features: &Features<'_>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Anomalies, ProjectError> {
    let options = AnomalyOptions {
        forest: ForestOptions {
            seed,
            ..Default::default()
        },
        knn: KnnOptions {
            seed,
            ..Default::default()
        },
        ..Default::default()
    };
    rank_anomalies(features, &options, progress).map_err(|e| opened.error(e))
}

/// Ranks by a plain score, guided by the standing marks as soon as one is interesting.
pub fn rank_on(
    project: &Project,
    opened: &Opened,
    features: &Features<'_>,
    scores: &Anomalies,
    request: &AnomalyRequest,
    progress: &dyn Progress,
) -> Result<Scored, ProjectError> {
    let base = match request.method {
        Method::Isolation => &scores.isolation,
        Method::Knn => &scores.knn,
        Method::Mahalanobis => &scores.mahalanobis,
        Method::Combined => &scores.combined,
    };
    let marks = journal::standing(project.store(), Kind::Mark)?;
    let (mut interesting, mut ordinary) = (Vec::new(), Vec::new());
    if !request.unguided {
        for (&id, mark) in marks.iter().filter(|(id, _)| features.is_present(**id as usize)) {
            if mark == INTERESTING {
                interesting.push(id as usize)
            } else {
                ordinary.push(id as usize)
            }
        }
    }
    interesting.sort_unstable();
    ordinary.sort_unstable();
    let (score, model_weight, presumed) = if interesting.is_empty() {
        (base.clone(), 0.0, 0)
    } else {
        let options = GuidedOptions {
            seed: request.seed,
            ..Default::default()
        };
        let ranking = guided(features, &interesting, &ordinary, base, &options, progress)
            .map_err(|e| opened.error(e))?;
        (
            ranking.score,
            ranking.model_weight,
            ranking.presumed_ordinary.len(),
        )
    };
    let mut order: Vec<usize> = (0..score.len()).filter(|&i| score[i].is_finite()).collect();
    order.par_sort_unstable_by(|&a, &b| score[b].total_cmp(&score[a]).then(a.cmp(&b)));
    let how = if model_weight > 0.0 {
        format!(
            "{model_weight:.2} x rank by logistic regression on the marks + {:.2} x rank by {}",
            1.0 - model_weight,
            request.method.name()
        )
    } else {
        format!("plain outlier score: {}", request.method.name())
    };
    let provenance = json!({
        "method": how,
        "scores": serde_json::to_value(&scores.provenance).unwrap_or_default(),
        "interesting": interesting.len(),
        "ordinary": ordinary.len(),
        "presumed_ordinary": presumed,
        "journal_event": journal::generation(project.store())?,
        "seed": request.seed,
    });
    let serde_json::Value::Object(provenance) = provenance else {
        return Err(ProjectError::Cancelled);
    };
    Ok(Scored {
        score,
        order,
        marks: (interesting.len(), ordinary.len()),
        model_weight,
        provenance,
    })
}

/// Keeps a ranking in the project. Returns why not, where it can't be written.
pub fn keep(
    project: &mut Project,
    opened: &Opened,
    scores: &Anomalies,
    scored: &Scored,
) -> Result<Option<String>, ProjectError> {
    answers::save(project, draft(opened.provenance(), scores, scored))
}

/// What is kept of a ranking of `vectors` (their provenance).
pub fn draft(vectors: serde_json::Value, scores: &Anomalies, scored: &Scored) -> Draft {
    let mut rank: Vec<Option<i64>> = vec![None; scored.score.len()];
    for (place, &row) in scored.order.iter().enumerate() {
        rank[row] = Some(place as i64 + 1);
    }
    let mut provenance = scored.provenance.clone();
    provenance.insert("vectors".into(), vectors);
    let real = |name: &str, what: &str, values: &[f32]| {
        let array: Float32Array = values.iter().map(|v| v.is_finite().then_some(*v)).collect();
        (
            field(name, DataType::Float32, "", "stat.value", what),
            Arc::new(array) as ArrayRef,
        )
    };
    let columns = vec![
        real(
            "anomaly_score",
            "score that anomaly_rank is by; higher is stranger",
            &scored.score,
        ),
        (
            field(
                "anomaly_rank",
                DataType::Int64,
                "",
                "meta.number",
                "1 is the strangest",
            ),
            Arc::new(Int64Array::from(rank)) as ArrayRef,
        ),
        real(
            "anomaly_isolation",
            "isolation forest score, 0 to 1",
            &scores.isolation,
        ),
        real(
            "anomaly_knn",
            "mean distance to 10 neighbours in z-scored principal components",
            &scores.knn,
        ),
        real("anomaly_mahalanobis", "Mahalanobis distance", &scores.mahalanobis),
        real(
            "anomaly_combined",
            "mean of the three ranks, 0 to 1",
            &scores.combined,
        ),
    ];
    Draft {
        kind: ANSWER.into(),
        objects: (0..scored.score.len() as i64).collect(),
        columns,
        provenance,
    }
}
