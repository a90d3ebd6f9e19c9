//! Classify: what the labels so far teach, how far it can be trusted, and what to label next.

use super::vectors::Opened;
use crate::discovery::fewshot::{
    Classifier, FitOptions, Label, NO_CLASS, Predictions, SuggestOptions, Suggestion, Validation,
    cross_validate, first_to_label, next_to_label,
};
use crate::discovery::{DiscoveryError, Features};
use crate::io::catalog::table::field;
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{
    Project, ProjectError,
    answers::{self, Draft},
};
use arrow::array::{ArrayRef, Float32Array, StringArray};
use arrow::datatypes::DataType;
use serde_json::json;
use std::sync::Arc;

/// The kind of the stored answer.
pub const ANSWER: &str = "classify";

/// How to learn.
#[derive(Debug, Clone)]
pub struct ClassifyOptions {
    /// Which vectors.
    pub on: Option<String>,
    /// How many objects to suggest.
    pub next: usize,
    /// Inverse strength of the regularisation.
    pub c: f64,
    /// Seed of the folds and the first suggestions.
    pub seed: u64,
    /// Whether the accuracy is cross-validated, which takes some five times a fit. Without it the
    /// probabilities are as sharp as the fit makes them.
    pub validate: bool,
}

impl Default for ClassifyOptions {
    fn default() -> Self {
        Self {
            on: None,
            next: 10,
            c: FitOptions::default().c,
            seed: 0,
            validate: true,
        }
    }
}

/// What was learnt.
pub struct Classified {
    /// Class names, in the order of the probabilities.
    pub classes: Vec<String>,
    /// Number of labels by class.
    pub labels: Vec<usize>,
    /// Probabilities and doubts; `None` until two classes have labels.
    pub predictions: Option<Predictions>,
    /// Cross-validated accuracy; `None` where there are too few labels to tell.
    pub validation: Option<Validation>,
    /// What to label next, with the reason.
    pub suggestions: Vec<Suggestion>,
    /// Why there are no predictions, or no accuracy.
    pub note: Option<String>,
    /// How the probabilities came about, but for the vectors.
    pub provenance: serde_json::Map<String, serde_json::Value>,
}

/// Learns from the standing labels and keeps the probabilities in the project.
pub fn classify(
    project: &mut Project,
    options: &ClassifyOptions,
    progress: &dyn Progress,
) -> Result<Classified, ProjectError> {
    let opened = Opened::of(project, options.on.as_deref())?;
    let features = opened.features(progress)?;
    let mut answer = classify_on(project, &opened, &features, options, progress)?;
    let not_kept = keep(project, &opened, &answer)?;
    answer.note = match (answer.note, not_kept) {
        (Some(note), Some(why)) => Some(format!("{note}; {why}")),
        (note, why) => note.or(why),
    };
    Ok(answer)
}

/// Learns from the standing labels and nothing else: what is at hand already is not opened again.
pub fn classify_on(
    project: &Project,
    opened: &Opened,
    features: &Features<'_>,
    options: &ClassifyOptions,
    progress: &dyn Progress,
) -> Result<Classified, ProjectError> {
    let generation = journal::generation(project.store())?;
    let (names, labels, without_vector) = labels_of(project, features)?;
    let counts: Vec<usize> = (0..names.len())
        .map(|c| labels.iter().filter(|l| l.class == c).count())
        .collect();
    let labelled: Vec<usize> = labels.iter().map(|l| l.row).collect();
    let suggest = SuggestOptions {
        count: options.next,
        seed: options.seed,
        ..Default::default()
    };
    let fit = FitOptions {
        c: options.c,
        ..Default::default()
    };
    let mut classifier = match Classifier::fit(features, &labels, &fit) {
        Ok(classifier) => classifier,
        Err(why @ (DiscoveryError::NoLabels | DiscoveryError::OneClass { .. })) => {
            let suggestions =
                first_to_label(features, &labelled, &suggest, progress).map_err(|e| opened.error(e))?;
            let note = Some(why_not(&why, labels.len(), without_vector));
            return Ok(Classified {
                classes: names,
                labels: counts,
                predictions: None,
                validation: None,
                suggestions,
                note,
                provenance: serde_json::Map::new(),
            });
        }
        Err(other) => return Err(opened.error(other)),
    };
    let validated = options
        .validate
        .then(|| cross_validate(features, &labels, &fit, options.seed, progress));
    let (validation, note) = match validated.transpose() {
        Ok(validation) => (validation, passed_over(without_vector)),
        Err(why @ DiscoveryError::NoSecondLabel) => (None, Some(why_not(&why, labels.len(), without_vector))),
        Err(other) => return Err(opened.error(other)),
    };
    if let Some(temperature) = validation.as_ref().and_then(|v| v.temperature) {
        classifier.temperature = temperature;
    }
    let predictions = classifier
        .predict(features, progress)
        .map_err(|e| opened.error(e))?;
    let name = |class: usize| names.get(class).cloned().unwrap_or_default();
    let suggestions = next_to_label(features, &predictions, &labelled, &suggest, &name, progress)
        .map_err(|e| opened.error(e))?;
    let provenance = json!({
        "method": "L2-regularised multinomial logistic regression on z-scored vectors, classes balanced",
        "C": options.c,
        "temperature": classifier.temperature,
        "labels": labels.len(),
        "classes": names,
        "journal_event": generation,
        "cross_validated_accuracy": validation.as_ref().map(|v| [v.accuracy, v.accuracy_low, v.accuracy_high]),
        "seed": options.seed,
    });
    let serde_json::Value::Object(provenance) = provenance else {
        return Err(ProjectError::Cancelled);
    };
    Ok(Classified {
        classes: names,
        labels: counts,
        predictions: Some(predictions),
        validation,
        suggestions,
        note,
        provenance,
    })
}

/// Keeps the probabilities in the project. Returns why not, where it can't be written.
pub fn keep(
    project: &mut Project,
    opened: &Opened,
    answer: &Classified,
) -> Result<Option<String>, ProjectError> {
    match draft(opened.provenance(), answer) {
        Some(draft) => answers::save(project, draft),
        None => Ok(None),
    }
}

/// What is kept of an answer learnt on `vectors` (their provenance); nothing without predictions.
pub fn draft(vectors: serde_json::Value, answer: &Classified) -> Option<Draft> {
    let predictions = answer.predictions.as_ref()?;
    let mut provenance = answer.provenance.clone();
    provenance.insert("vectors".into(), vectors);
    Some(Draft {
        kind: ANSWER.into(),
        objects: (0..predictions.rows() as i64).collect(),
        columns: columns_of(predictions, &answer.classes),
        provenance,
    })
}

/// Why the labels don't teach enough yet, and what to do: `given` labels are on objects that have a
/// vector, `without_vector` on others, which may be all that is missing.
fn why_not(why: &DiscoveryError, given: usize, without_vector: usize) -> String {
    match (why, passed_over(without_vector)) {
        (_, None) => why.to_string(),
        (DiscoveryError::NoLabels, Some(_)) => format!(
            "no labelled object ({without_vector}) has a vector: make theirs with `astrolabel embed`, or label others"
        ),
        (DiscoveryError::OneClass { .. }, Some(others)) => format!(
            "the labelled objects that have a vector ({given}) are all of one class: label one of a second class; {others}"
        ),
        (_, Some(others)) => format!("{why}; {others}"),
    }
}

/// That some labels teach nothing, if there are such.
fn passed_over(without_vector: usize) -> Option<String> {
    let labels = match without_vector {
        0 => return None,
        1 => "1 label is on an object".to_owned(),
        n => format!("{n} labels are on objects"),
    };
    Some(format!(
        "{labels} without a vector and left out: `astrolabel embed` makes vectors, or choose others with --on"
    ))
}

/// Class names, the labels of objects that have a vector, and the number of labels on others.
pub(super) fn labels_of(
    project: &Project,
    features: &Features<'_>,
) -> Result<(Vec<String>, Vec<Label>, usize), ProjectError> {
    let standing = journal::standing(project.store(), Kind::Label)?;
    let mut names = journal::classes(project.store())?;
    names.retain(|n| standing.values().any(|v| v == n));
    let mut labels: Vec<Label> = standing
        .iter()
        .filter(|(id, _)| features.is_present(**id as usize))
        .filter_map(|(id, class)| {
            let class = names.iter().position(|n| n == class)?;
            Some(Label {
                row: *id as usize,
                class,
            })
        })
        .collect();
    labels.sort_by_key(|l| l.row);
    let without_vector = standing.len() - labels.len();
    Ok((names, labels, without_vector))
}

fn columns_of(predictions: &Predictions, names: &[String]) -> Vec<(arrow::datatypes::Field, ArrayRef)> {
    let rows = predictions.rows();
    let classes = predictions.classes.len();
    let best: StringArray = (0..rows)
        .map(|i| {
            predictions
                .class(i)
                .filter(|_| predictions.best[i] != NO_CLASS)
                .and_then(|c| names.get(c))
                .map(String::as_str)
        })
        .collect();
    let real = |values: &mut dyn Iterator<Item = f32>| -> ArrayRef {
        Arc::new(
            values
                .map(|v| v.is_finite().then_some(v))
                .collect::<Float32Array>(),
        )
    };
    let mut columns = vec![(
        field(
            "predicted",
            DataType::Utf8,
            "",
            "meta.code.class",
            "likeliest class by the classifier",
        ),
        Arc::new(best) as ArrayRef,
    )];
    for (c, &class) in predictions.classes.iter().enumerate() {
        let name = names.get(class).map_or("", String::as_str);
        let what = format!("probability of class {name}");
        let mut values = (0..rows).map(|i| predictions.probabilities[i * classes + c]);
        columns.push((
            field(
                &format!("p_{name}"),
                DataType::Float32,
                "",
                "stat.probability",
                &what,
            ),
            real(&mut values),
        ));
    }
    columns.push((
        field(
            "doubt",
            DataType::Float32,
            "",
            "stat.value",
            "entropy of the probabilities over its maximum, 0 to 1",
        ),
        real(&mut predictions.entropy.iter().copied()),
    ));
    columns
}
