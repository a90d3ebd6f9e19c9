//! The vectors that answers are made from: one run, or several side by side.

use crate::discovery::{DiscoveryError, Features, Part, Standardizer};
use crate::progress::Progress;
use crate::project::runs::Run;
use crate::project::{Project, ProjectError};
use serde_json::{Value, json};

/// Runs opened for reading.
pub struct Opened {
    /// The runs, in the order of their parts.
    pub runs: Vec<Run>,
    /// How many objects the project has, with vectors or without.
    objects: usize,
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
        Ok(Self { runs, objects: count })
    }

    /// The vectors z-scored and side by side, each encoder with equal weight.
    pub fn features(&self, progress: &dyn Progress) -> Result<Features<'_>, ProjectError> {
        let mut parts = Vec::new();
        for run in &self.runs {
            let vectors = run.vectors();
            let mut standardizer = Standardizer::fit(&vectors, progress).map_err(|e| self.error(e))?;
            if let Some(scaling) = &run.manifest.scaling {
                standardizer = standardizer
                    .balanced(&scaling.widths)
                    .map_err(|e| self.error(e))?;
            }
            parts.push(Part {
                vectors,
                standardizer,
                weight: 1.0,
            });
        }
        Features::fused(parts).map_err(|e| self.error(e))
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
    /// An answer's error in the project's words: where there are too few vectors, whether objects or
    /// their vectors are missing.
    pub(super) fn error(&self, error: DiscoveryError) -> ProjectError {
        match error {
            DiscoveryError::Cancelled { .. } => ProjectError::Cancelled,
            DiscoveryError::TooFewRows { what, needed, found } => {
                ProjectError::Ask(self.too_few(what, needed, found))
            }
            other => ProjectError::Ask(other.to_string()),
        }
    }

    fn too_few(&self, what: &str, needed: usize, found: usize) -> String {
        let all = self.objects;
        let objects = |n: usize| {
            if n == 1 {
                "1 object".to_owned()
            } else {
                format!("{n} objects")
            }
        };
        if all < needed {
            return format!(
                "{what} needs at least {}, and this project has {all}: add some with `astrolabel import` and embed them",
                objects(needed)
            );
        }
        let needs = format!("{what} needs at least {} with a vector", objects(needed));
        let names: Vec<&str> = self
            .runs
            .iter()
            .map(|r| r.manifest.encoder.name.as_str())
            .collect();
        match names[..] {
            [one] => format!(
                "{needs}, and {found} of {all} have one of {one}: `astrolabel embed` makes the others' and says what it can't cut out"
            ),
            _ => format!(
                "{needs}, and {found} of {all} have one of every encoder ({}): make the missing ones with `astrolabel embed --encoder NAME`, or choose one encoder with --on",
                names.join(", ")
            ),
        }
    }
}
