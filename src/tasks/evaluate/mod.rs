//! Evaluate: what each run of vectors is worth on labelled objects, side by side with a baseline, with
//! all of them together, and with vectors that other programs made.

mod common;
mod foreign;
mod labels;
mod pixels;
mod subjects;

pub use labels::LabelChoice;

use crate::discovery::DiscoveryError;
use crate::evaluate::confound::{Borders, alone};
use crate::evaluate::report::Report;
use crate::evaluate::robustness::RobustnessError;
use crate::evaluate::sample::Hush;
use crate::evaluate::{Question, figures, steps};
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use pixels::Pixels;
use std::path::PathBuf;

/// The baseline's name: 26 classical numbers.
pub const HAND26: &str = "hand26";
/// The name of all other encoders together.
pub const FUSION: &str = "fusion";
/// Objects that are altered to try an encoder's robustness, if nothing else is said.
pub const ROBUSTNESS: usize = 50;
/// A class needs so many objects, or nothing can be said of it.
const LEAST: usize = 5;

/// What to evaluate, and on what.
#[derive(Debug, Clone, Default)]
pub struct EvaluateRequest {
    /// The truth.
    pub labels: LabelChoice,
    /// The class that is made rare and looked for.
    pub rare: Option<String>,
    /// Runs or encoders of the project, [`HAND26`], [`FUSION`]; every encoder's newest run if empty.
    pub encoders: Vec<String>,
    /// Names and files of vectors that other programs made.
    pub files: Vec<(String, PathBuf)>,
    /// How often random halves and examples are drawn.
    pub seeds: usize,
    /// Objects that are altered to try the robustness; 0 for none.
    pub robustness: usize,
    /// Central part that is kept of pictures beside the labels, where there is no project.
    pub crop: f64,
    /// Threads for embedding altered cutouts.
    pub threads: usize,
}

/// The labelled objects that every encoder has a vector of.
pub(super) struct Truth {
    /// What each is called in the labels.
    pub names: Vec<String>,
    /// Its number in the project.
    pub objects: Vec<Option<usize>>,
    /// Its class.
    pub class: Vec<usize>,
    /// The classes' names, sorted.
    pub classes: Vec<String>,
}

/// Evaluates.
///
/// # Errors
/// If the labels or an encoder can't be read, or too few objects have both; cancelled.
pub fn evaluate(
    project: Option<&Project>,
    request: &EvaluateRequest,
    progress: &dyn Progress,
) -> Result<Report, ProjectError> {
    let mut labels = labels::read(project, &request.labels, progress)?;
    let (title, root, mut notes) = (
        std::mem::take(&mut labels.title),
        std::mem::take(&mut labels.root),
        std::mem::take(&mut labels.notes),
    );
    let mut truth = subjects::matched(project, labels.rows, &mut notes)?;
    let pixels = Pixels::of(project, root, request.crop)?;
    let mut subjects = subjects::wanted(project, request, &truth, &pixels, &mut notes, progress)?;
    common::keep_common(&mut truth, &mut subjects, &mut notes)?;
    let counts: Vec<usize> = (0..truth.classes.len())
        .map(|c| truth.class.iter().filter(|&&t| t == c).count())
        .collect();
    let rare = rare_class(request, &truth)?;
    let borders = pixels.borders(&truth, &mut notes, progress)?;
    let borders = borders.as_deref().map(Borders::new);
    let question = Question {
        class: &truth.class,
        classes: truth.classes.len(),
        rare,
        seeds: request.seeds.max(1),
        borders: borders.as_ref(),
    };
    let fail = |e: DiscoveryError| match e {
        DiscoveryError::Cancelled { .. } => ProjectError::Cancelled,
        other => ProjectError::Ask(other.to_string()),
    };
    let alone = match &borders {
        Some(b) => Some(alone(b, &truth.class, truth.classes.len(), rare, &Hush(progress)).map_err(fail)?),
        None => None,
    };
    let altered = crate::evaluate::alter::Alteration::ALL.len() as u64 + 1;
    let (rows, tried) = pixels.sample(&truth, request.robustness);
    let total: u64 = subjects
        .iter()
        .map(|s| {
            steps(&question)
                + if tried.is_empty() || !s.can_embed() {
                    0
                } else {
                    altered
                }
        })
        .sum();
    progress.begin("evaluating", Some(total));
    let mut encoders = Vec::new();
    for subject in &subjects {
        let (mut found, sample) =
            figures(&subject.name, &subject.vectors, &question, progress).map_err(fail)?;
        if !tried.is_empty() && subject.can_embed() {
            match subject.robustness(&sample, (&rows, &tried), request.threads, progress) {
                Ok(kept) => found.robustness = kept,
                Err(RobustnessError::Discovery(e)) => return Err(fail(e)),
                Err(RobustnessError::Encoder(why)) => found.notes.push(format!("robustness: {why}")),
            }
        }
        encoders.push(found);
    }
    Ok(Report {
        labels: title,
        classes: truth.classes,
        counts,
        rare: request.rare.clone(),
        seeds: question.seeds,
        alone,
        encoders,
        notes,
        program: concat!("Astrolabel ", env!("CARGO_PKG_VERSION")).into(),
    })
}

fn rare_class(request: &EvaluateRequest, truth: &Truth) -> Result<Option<usize>, ProjectError> {
    let Some(wanted) = &request.rare else {
        return Ok(None);
    };
    let found = truth.classes.iter().position(|c| c == wanted);
    let found = found.ok_or_else(|| {
        ProjectError::Ask(format!(
            "no evaluated object is of class '{wanted}': there are {}",
            truth.classes.join(", ")
        ))
    })?;
    Ok(Some(found))
}
