//! What is evaluated: runs, baselines and foreign vectors, of the objects that all of them have.

use super::foreign::Foreign;
use super::labels::Labelled;
use super::pixels::Pixels;
use super::{EvaluateRequest, FUSION, HAND26, Truth};
use crate::discovery::Matrix;
use crate::encoder::registry::reopen_encoder;
use crate::evaluate::hand26::{COUNT, hand26};
use crate::evaluate::robustness::{Kept, RobustnessError, robustness};
use crate::evaluate::sample::Sample;
use crate::progress::Progress;
use crate::project::runs::Manifest;
use crate::project::{Project, ProjectError};
use crate::sky::cutout::Cutout;
use crate::tasks::label::Finder;
use crate::tasks::vectors::Opened;
use std::collections::{BTreeSet, HashSet};

/// How altered cutouts are embedded.
enum Maker {
    /// As the run's manifest says.
    Run(Box<Manifest>),
    /// The baseline.
    Hand26,
    /// Not at all.
    Nobody,
}

/// One encoder's vectors of the labelled objects, one row an object; NaN where it has none.
pub(super) struct Subject {
    pub name: String,
    pub vectors: Matrix,
    maker: Maker,
}

impl Subject {
    fn new(name: impl Into<String>, vectors: Matrix, maker: Maker) -> Self {
        Self {
            name: name.into(),
            vectors,
            maker,
        }
    }

    /// Whether altered cutouts can be embedded.
    pub fn can_embed(&self) -> bool {
        !matches!(self.maker, Maker::Nobody)
    }

    /// Tries the encoder on altered cutouts.
    pub fn robustness(
        &self,
        sample: &Sample,
        (rows, cutouts): (&[usize], &[Cutout]),
        threads: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<Kept>, RobustnessError> {
        match &self.maker {
            Maker::Hand26 => {
                let embed =
                    |c: &[Cutout]| -> Result<Vec<f32>, String> { Ok(c.iter().flat_map(hand26).collect()) };
                robustness(sample, rows, cutouts, &embed, progress)
            }
            Maker::Run(manifest) => {
                let failed = |e: String| RobustnessError::Encoder(e);
                let encoder =
                    reopen_encoder(&manifest.encoder, threads).map_err(|e| failed(e.to_string()))?;
                if let (Some(blocks), Some(scaling)) = (encoder.blocks(), &manifest.scaling) {
                    blocks.set(scaling.clone()).map_err(failed)?;
                }
                let embed = |c: &[Cutout]| encoder.encode(c).map_err(|e| e.to_string());
                robustness(sample, rows, cutouts, &embed, progress)
            }
            Maker::Nobody => Ok(Vec::new()),
        }
    }
}

/// The labels with the objects they are on: by name, by file, or by its base name. Without a project
/// every label stands for an object.
pub(super) fn matched(
    project: Option<&Project>,
    labels: Vec<Labelled>,
    notes: &mut Vec<String>,
) -> Result<Truth, ProjectError> {
    let finder = project.map(Finder::of).transpose()?;
    let names: BTreeSet<String> = labels.iter().map(|l| l.class.clone()).collect();
    let classes: Vec<String> = names.into_iter().collect();
    let mut truth = Truth {
        names: vec![],
        objects: vec![],
        class: vec![],
        classes,
    };
    let (mut unknown, mut twice) = (Vec::new(), 0);
    let mut seen: HashSet<(Option<usize>, String)> = HashSet::new();
    let all = labels.len();
    for label in labels {
        let object = match (&finder, label.object) {
            (_, Some(object)) => Some(object),
            (Some(finder), None) => match finder.find(&label.name) {
                Some(id) => Some(id as usize),
                None => {
                    unknown.push(label.name);
                    continue;
                }
            },
            (None, None) => None,
        };
        let key = (
            object,
            if object.is_some() {
                String::new()
            } else {
                label.name.clone()
            },
        );
        if !seen.insert(key) {
            twice += 1;
            continue;
        }
        let class = truth.classes.binary_search(&label.class).unwrap_or_default();
        truth.names.push(label.name);
        truth.objects.push(object);
        truth.class.push(class);
    }
    if let Some(first) = unknown.first() {
        notes.push(format!(
            "{} of {all} labels are on no object of this project ('{first}' is one)",
            unknown.len()
        ));
    }
    if twice > 0 {
        notes.push(format!(
            "{twice} labels are on objects that had one already: the first counts"
        ));
    }
    Ok(truth)
}

/// The encoders that were asked for, with their vectors of all labelled objects.
pub(super) fn wanted(
    project: Option<&Project>,
    request: &EvaluateRequest,
    truth: &Truth,
    pixels: &Pixels,
    notes: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Vec<Subject>, ProjectError> {
    let mut subjects = Vec::new();
    let of_runs = |on: Option<&str>| -> Result<Vec<Subject>, ProjectError> {
        let project = project.ok_or_else(|| {
            ProjectError::Ask(format!(
                "runs of vectors are in a project: name it with --project, or give vectors with --vectors \
                 NAME=FILE, or --encoder {HAND26}"
            ))
        })?;
        let opened = Opened::of(project, on)?;
        Ok(opened.runs.iter().map(|run| of_run(run, truth)).collect())
    };
    if request.encoders.is_empty() && request.files.is_empty() {
        subjects.extend(of_runs(None)?);
    }
    for name in &request.encoders {
        match name.as_str() {
            HAND26 => subjects.push(baseline(truth, pixels, notes, progress)?),
            // Last of all: it is made of the others.
            FUSION => {}
            "all" | "both" => subjects.extend(of_runs(None)?),
            name => subjects.extend(of_runs(Some(name))?),
        }
    }
    for (name, path) in &request.files {
        let foreign = Foreign::read(path, progress)?;
        let vectors = gathered(truth.names.len(), foreign.vectors.cols, |i, out| {
            let row = foreign.find(&truth.names[i]);
            row.is_some_and(|row| {
                out.copy_from_slice(foreign.vectors.row(row));
                true
            })
        });
        subjects.push(Subject::new(name.clone(), vectors, Maker::Nobody));
    }
    if request.encoders.iter().any(|e| e == FUSION) {
        if subjects.len() < 2 {
            return Err(ProjectError::Ask(format!(
                "{FUSION} is several encoders together: name at least two others, as in --encoder {HAND26} \
                 --encoder all --encoder {FUSION}"
            )));
        }
        // Its vectors are made once it is known which objects all the others have.
        let empty = Matrix::missing(0, 1);
        subjects.push(Subject::new(FUSION, empty, Maker::Nobody));
    }
    name_shortly(&mut subjects);
    let mut seen = HashSet::new();
    if let Some(twice) = subjects.iter().find(|s| !seen.insert(s.name.as_str())) {
        return Err(ProjectError::Ask(format!("'{}' is asked for twice", twice.name)));
    }
    Ok(subjects)
}

/// Calls a run by its encoder's name where no other run has the same encoder.
fn name_shortly(subjects: &mut [Subject]) {
    let encoder = |s: &Subject| match &s.maker {
        Maker::Run(manifest) => Some(manifest.encoder.name.clone()),
        _ => None,
    };
    let short: Vec<Option<String>> = subjects.iter().map(encoder).collect();
    for (at, name) in short.iter().enumerate() {
        let is_alone = name.is_some() && short.iter().filter(|s| *s == name).count() == 1;
        if let Some(name) = name.as_ref().filter(|_| is_alone) {
            subjects[at].name.clone_from(name);
        }
    }
}

/// A matrix whose rows `fill` writes; a row for which it gives false is NaN.
fn gathered(rows: usize, cols: usize, mut fill: impl FnMut(usize, &mut [f32]) -> bool) -> Matrix {
    let mut m = Matrix::missing(rows, cols);
    for (i, out) in m.values.chunks_exact_mut(cols.max(1)).enumerate() {
        if !fill(i, out) {
            out.fill(f32::NAN);
        }
    }
    m
}

/// A run's vectors as they are stored: blocks aren't weighed, for every number is z-scored anyway.
fn of_run(run: &crate::project::runs::Run, truth: &Truth) -> Subject {
    let stored = run.vectors();
    let vectors = gathered(truth.names.len(), stored.dim(), |i, out| {
        let object = truth.objects[i].filter(|&o| o < stored.rows() && stored.is_present(o));
        object.is_some_and(|o| {
            stored.read_row(o, out);
            true
        })
    });
    // Several runs of one encoder are told apart by the run's name.
    Subject::new(
        run.manifest.run.clone(),
        vectors,
        Maker::Run(Box::new(run.manifest.clone())),
    )
}

fn baseline(
    truth: &Truth,
    pixels: &Pixels,
    notes: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<Subject, ProjectError> {
    let made = pixels.each(truth, "measuring 26 classical numbers", hand26, progress)?;
    if let Some(Err(why)) = made.iter().find(|m| m.is_err()) {
        let failed = made.iter().filter(|m| m.is_err()).count();
        notes.push(format!("{HAND26}: {failed} objects have no pixels ({why})"));
    }
    let vectors = gathered(truth.names.len(), COUNT, |i, out| match &made[i] {
        Ok(numbers) => {
            out.copy_from_slice(numbers);
            true
        }
        Err(_) => false,
    });
    Ok(Subject::new(HAND26, vectors, Maker::Hand26))
}
