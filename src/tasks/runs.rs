//! Runs: what vectors a project has, and taking some of them away.

use crate::encoder::network::Pooling;
use crate::encoder::representation::representation_of;
use crate::encoder::{EncoderSpec, registry::MORPHOMETRY};
use crate::project::runs::{Known, bytes_on_disk, remove};
use crate::project::{Project, ProjectError};
use serde::Serialize;

/// One run, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFacts {
    /// Its name, also that of its folder.
    pub run: String,
    /// The encoder that made it.
    pub encoder: String,
    /// Width of a vector.
    pub dim: usize,
    /// Block, pooling and how vectors are put together, in words.
    pub options: String,
    /// The numbers the network computed in; none for classical numbers.
    pub precision: Option<String>,
    /// Objects that have a vector.
    pub done: usize,
    /// Those of them whose cutout has something wrong with it: cut by an edge, pixels missing.
    pub flagged: usize,
    /// Objects that were tried and got none.
    pub skipped: usize,
    /// Objects of the project.
    pub objects: usize,
    /// The run it follows because sources have changed.
    pub follows: Option<String>,
    /// When it was begun, UTC.
    pub created: String,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
    /// What is wrong with it, if it can't be read.
    pub damaged: Option<String>,
}

/// The runs of a project, the most recently used first.
///
/// # Errors
/// If the database can't be read; a run that can't is listed with what is wrong.
pub fn list(project: &Project) -> Result<Vec<RunFacts>, ProjectError> {
    let embeddings = project.embeddings();
    let (objects, flags) = (project.count()?, project.flags()?);
    let skipped = project.skipped_counts()?;
    let facts = |(run, encoder): (String, String)| {
        let mut facts = RunFacts {
            encoder,
            dim: 0,
            options: String::new(),
            precision: None,
            done: 0,
            flagged: 0,
            skipped: skipped.get(&run).copied().unwrap_or(0),
            objects,
            follows: None,
            created: String::new(),
            bytes: bytes_on_disk(&embeddings, &run),
            damaged: None,
            run,
        };
        match Known::read(&embeddings, &facts.run) {
            Ok(known) => {
                let is_flagged = |row: &usize| flags.get(&(*row as i64)).is_some_and(|bits| *bits != 0);
                facts.done = (0..objects).filter(|&row| known.has(row)).count();
                facts.flagged = (0..objects)
                    .filter(|row| known.has(*row) && is_flagged(row))
                    .count();
                let spec = &known.manifest.encoder;
                facts.dim = known.manifest.dim;
                facts.options = options_of(spec);
                facts.precision = spec.settings["precision"].as_str().map(str::to_owned);
                facts.follows = known.manifest.follows;
                facts.created = known.manifest.created;
            }
            Err(why) => facts.damaged = Some(why.to_string()),
        }
        facts
    };
    Ok(project.runs()?.into_iter().map(facts).collect())
}

/// How an encoder was used, in words: `block 8, mean of the patches, averaged over eight turns…`.
pub fn options_of(spec: &EncoderSpec) -> String {
    if spec.name == MORPHOMETRY {
        return "classical numbers".into();
    }
    let mut words = Vec::new();
    if let Some(block) = spec.settings["block"].as_u64() {
        words.push(format!("block {block}"));
    }
    if let Ok(pooling) = serde_json::from_value::<Pooling>(spec.settings["pooling"].clone()) {
        words.push(pooling.words().to_owned());
    }
    match representation_of(spec) {
        Ok(choice) if !choice.is_plain() => words.push(choice.words()),
        Ok(_) => {}
        Err(why) => words.push(why),
    }
    words.join(", ")
}

/// The run called `name`, or the only one of the encoder called so.
///
/// # Errors
/// If there is none or several, with the names that exist.
pub fn find(project: &Project, name: &str) -> Result<String, ProjectError> {
    let runs = project.runs()?;
    if runs.iter().any(|(run, _)| run == name) {
        return Ok(name.to_owned());
    }
    let names = |of: &mut dyn Iterator<Item = &(String, String)>| {
        let names: Vec<&str> = of.map(|(run, _)| run.as_str()).collect();
        names.join(", ")
    };
    let by_encoder: Vec<_> = runs.iter().filter(|(_, encoder)| encoder == name).collect();
    match by_encoder[..] {
        [(run, _)] => Ok(run.clone()),
        [] if runs.is_empty() => Err(ProjectError::Ask("this project has no runs".into())),
        [] => Err(ProjectError::Ask(format!(
            "there is no run '{name}' here: there are {}",
            names(&mut runs.iter())
        ))),
        _ => Err(ProjectError::Ask(format!(
            "'{name}' has several runs: say which of {}",
            names(&mut by_encoder.into_iter())
        ))),
    }
}

/// Deletes run `run` with its vectors; labels and marks stay, answers that were made from it stay until
/// they are made anew.
///
/// # Errors
/// If there is no such run, it is being written, or its folder can't be changed.
pub fn delete(project: &mut Project, run: &str) -> Result<(), ProjectError> {
    if !project.runs()?.iter().any(|(known, _)| known == run) {
        return Err(ProjectError::Ask(format!("there is no run '{run}' here")));
    }
    // The folder first: a run that is known and has no folder is none ([`Project::runs`]).
    remove(&project.embeddings(), run)?;
    project.forget_run(run)
}
