//! The vectors that answers are made from: one run, or several side by side.

use crate::discovery::{Features, Part, Standardizer};
use crate::progress::Progress;
use crate::project::runs::Run;
use crate::project::{Project, ProjectError};
use serde_json::{Value, json};

/// Runs opened for reading.
pub struct Opened {
    /// The runs, in the order of their parts.
    pub runs: Vec<Run>,
}

impl Opened {
    /// Opens the run of the encoder (or the run) called `on`; with `both`, `all` or nothing, the
    /// newest run of every encoder.
    pub fn of(project: &Project, on: Option<&str>) -> Result<Self, ProjectError> {
        let known = project.runs()?;
        if known.is_empty() {
            return Err(ProjectError::Ask(
                "this project has no vectors yet: make them with `astrolabel embed`".into(),
            ));
        }
        let mut wanted: Vec<&str> = Vec::new();
        let mut encoders: Vec<&str> = Vec::new();
        for (run, encoder) in &known {
            let asked = match on {
                None | Some("both" | "all") => true,
                Some(name) => name == encoder || name == run,
            };
            if asked && !encoders.contains(&encoder.as_str()) {
                encoders.push(encoder);
                wanted.push(run);
            }
        }
        if wanted.is_empty() {
            let names: Vec<&str> = known.iter().map(|(_, e)| e.as_str()).collect();
            return Err(ProjectError::Ask(format!(
                "there are no vectors of '{}' here: there are {}; others are made with `astrolabel embed --encoder NAME`",
                on.unwrap_or_default(),
                names.join(", ")
            )));
        }
        let count = project.count()?;
        let runs = wanted
            .iter()
            .map(|run| Run::open(&project.embeddings(), run, count))
            .collect::<Result<Vec<_>, _>>()?;
        // A stable order whatever was used last: answers must not depend on it.
        let mut runs = runs;
        runs.sort_by(|a, b| a.manifest.run.cmp(&b.manifest.run));
        Ok(Self { runs })
    }

    /// The vectors z-scored and side by side, each encoder with equal weight.
    pub fn features(&self, progress: &dyn Progress) -> Result<Features<'_>, ProjectError> {
        let mut parts = Vec::new();
        for run in &self.runs {
            let vectors = run.vectors();
            let standardizer = Standardizer::fit(&vectors, progress).map_err(answer_error)?;
            parts.push(Part {
                vectors,
                standardizer,
                weight: 1.0,
            });
        }
        Features::fused(parts).map_err(answer_error)
    }

    /// Names of all dimensions in order; empty for dimensions without a meaning.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for run in &self.runs {
            let start = names.len();
            names.extend(run.manifest.encoder.feature_names.iter().cloned());
            names.resize(start + run.manifest.dim, String::new());
        }
        names
    }

    /// What the vectors are, for an answer's provenance.
    pub fn provenance(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            let m = &run.manifest;
            json!({
                "run": m.run,
                "encoder": m.encoder.name,
                "weights_sha256": m.encoder.weights_sha256,
                "dim": m.dim,
                "objects": run.done(),
                "made_by": m.program,
            })
        });
        runs.collect()
    }
}

/// An answer's error in the project's words.
pub(super) fn answer_error(error: crate::discovery::DiscoveryError) -> ProjectError {
    match error {
        crate::discovery::DiscoveryError::Cancelled { .. } => ProjectError::Cancelled,
        other => ProjectError::Ask(other.to_string()),
    }
}
