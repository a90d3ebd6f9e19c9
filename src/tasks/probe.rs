//! Probe: what embedding a project with an encoder would give and take, tried on a few of its objects.

use super::images::{Images, Watched};
use super::runs::{self, RunFacts};
use crate::encoder::morphometry::Morphometry;
use crate::encoder::registry::{EncoderOptions, MORPHOMETRY, Registry};
use crate::encoder::representation::{Representation, represented_spec};
use crate::encoder::{Encoder, EncoderSpec, engine};
use crate::progress::{Progress, Silent};
use crate::project::runs::run_name;
use crate::project::{Project, ProjectError};
use std::time::Instant;

/// Most objects that are tried.
const MOST: usize = 64;
/// About how long the trial of a network may take, seconds.
const TRIAL: f64 = 1.0;

/// An encoder tried on a project, without turns, scales and classical numbers.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What its manifest would say.
    pub spec: EncoderSpec,
    /// Number of blocks after which it may stop; none for morphometry.
    pub blocks: Option<usize>,
    /// Objects of the project.
    pub objects: usize,
    /// Seconds an object, on all threads together.
    pub seconds: f64,
    /// The same for the classical numbers.
    pub classical_seconds: f64,
    /// Objects that were tried.
    pub tried: usize,
    /// Runs that the project has.
    pub runs: Vec<RunFacts>,
}

/// What a choice of options would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Width of a vector.
    pub dim: usize,
    /// The run's name.
    pub run: String,
    /// Vectors of it that are there already.
    pub already: usize,
    /// About how long the rest takes, seconds.
    pub seconds: f64,
}

/// Opens an encoder of `registry` and tries it on a few objects.
///
/// # Errors
/// If the encoder can't be opened as asked, or none of the objects tried has pixels.
pub fn probe(
    project: &Project,
    registry: &Registry,
    encoder: &str,
    options: &EncoderOptions,
    progress: &dyn Progress,
) -> Result<Probe, ProjectError> {
    let ask = |e: crate::encoder::EncoderError| ProjectError::Ask(e.to_string());
    let (opened, blocks): (Box<dyn Encoder>, Option<usize>) = if encoder == MORPHOMETRY {
        (Box::new(Morphometry::new()), None)
    } else {
        progress.begin("loading the network", None);
        let network = registry.open_network(encoder, options).map_err(ask)?;
        let blocks = network.network().blocks();
        (Box::new(network), Some(blocks))
    };
    let images = Images::of(project)?;
    let objects = images.objects().len();
    progress.begin("trying a few objects", None);
    let (seconds, tried) = rate(opened.as_ref(), &images, options.threads)?;
    let classical_seconds = match blocks {
        Some(_) => rate(&Morphometry::new(), &images, options.threads)?.0,
        None => seconds,
    };
    Ok(Probe {
        spec: opened.spec().clone(),
        blocks,
        objects,
        seconds,
        classical_seconds,
        tried,
        runs: runs::list(project)?,
    })
}

/// Seconds an object, and on how many that was measured.
fn rate(encoder: &dyn Encoder, images: &Images, threads: usize) -> Result<(f64, usize), ProjectError> {
    let count = images.objects().len();
    let threads = threads.max(1);
    let mut wanted = (2 * threads).min(count);
    loop {
        // Spread over the project: neighbours in a catalogue are alike.
        let rows: Vec<usize> = (0..wanted).map(|i| i * count / wanted.max(1)).collect();
        let watched = Watched::new(images);
        let start = Instant::now();
        let batch = wanted.div_ceil(threads).max(1);
        let mut sink = |_: &[usize], _: &[f32]| Ok(());
        let report = engine::embed(encoder, &rows, &watched, batch, threads, &Silent, &mut sink)
            .map_err(|e| ProjectError::Ask(e.to_string()))?;
        let took = start.elapsed().as_secs_f64();
        if report.done == 0 {
            let why = report.skipped.first().map_or("", |(_, why)| why.as_str());
            return Err(ProjectError::Ask(format!("it can't be tried: {why}")));
        }
        // The first calls pay for what later ones find ready.
        let more = ((wanted as f64 * TRIAL / took.max(1e-3)) as usize).min(MOST.min(count));
        if more < 2 * wanted {
            return Ok((took / report.done as f64, report.done));
        }
        wanted = more;
    }
}

impl Probe {
    /// What it would be with the vectors put together by `choice`.
    ///
    /// # Errors
    /// A sentence if the choice makes no sense.
    pub fn expected(&self, choice: &Representation) -> Result<Expected, String> {
        let spec = represented_spec(&self.spec, choice)?;
        let run = run_name(&spec);
        let already = self
            .runs
            .iter()
            .filter(|r| is_of(&r.run, &run))
            .map(|r| r.done)
            .max();
        let looks = choice.scales.len().max(1) * if choice.symmetric { 8 } else { 1 };
        let classical = if choice.morphometry {
            self.classical_seconds
        } else {
            0.0
        };
        let left = self.objects - already.unwrap_or(0).min(self.objects);
        Ok(Expected {
            dim: spec.dim,
            run,
            already: already.unwrap_or(0),
            seconds: left as f64 * (self.seconds * looks as f64 + classical),
        })
    }

    /// The run that `expected` would go on with, if there is one.
    pub fn same_run(&self, expected: &Expected) -> Option<&RunFacts> {
        self.runs.iter().find(|r| is_of(&r.run, &expected.run))
    }
}

/// Whether `run` is the run `base`, or one that follows it by number.
fn is_of(run: &str, base: &str) -> bool {
    let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    match run.strip_prefix(base) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(number),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;
    use crate::encoder::representation::Combine;
    use serde_json::json;

    fn probed() -> Probe {
        Probe {
            spec: EncoderSpec {
                name: "net".into(),
                dim: 64,
                feature_names: vec![],
                weights_path: None,
                weights_sha256: Some("00".into()),
                settings: json!({"block": null, "pooling": "cls"}),
                keep_f32: false,
            },
            blocks: Some(12),
            objects: 100,
            seconds: 0.5,
            classical_seconds: 0.01,
            tried: 8,
            runs: Vec::new(),
        }
    }

    #[test]
    fn width_and_time_follow_the_choice() {
        let probe = probed();
        let plain = probe.expected(&Representation::default()).unwrap();
        assert_eq!((plain.dim, plain.seconds, plain.already), (64, 50.0, 0));
        assert_eq!(plain.run, run_name(&probe.spec));
        let mut choice = Representation {
            symmetric: true,
            scales: vec![1.0, 0.5],
            morphometry: true,
            ..Default::default()
        };
        let all = probe.expected(&choice).unwrap();
        let classical = Morphometry::new().spec().dim;
        assert_eq!(all.dim, 128 + classical);
        assert!((all.seconds - 100.0 * (0.5 * 16.0 + 0.01)).abs() < 1e-9);
        choice.combine = Combine::Mean;
        assert_eq!(probe.expected(&choice).unwrap().dim, 64 + classical);
        choice.scales = vec![2.0];
        assert!(probe.expected(&choice).unwrap_err().contains("2"));
    }

    #[test]
    fn an_equal_run_is_found_by_its_name_and_number() {
        let mut probe = probed();
        let base = run_name(&probe.spec);
        for (run, done) in [
            (format!("{base}-2"), 70),
            (base.clone(), 40),
            (format!("{base}0"), 99),
            (format!("{base}-x"), 99),
        ] {
            probe.runs.push(RunFacts {
                run,
                encoder: "net".into(),
                dim: 64,
                options: String::new(),
                precision: None,
                done,
                flagged: 0,
                skipped: 0,
                objects: 100,
                follows: None,
                created: String::new(),
                bytes: 0,
                damaged: None,
            });
        }
        let expected = probe.expected(&Representation::default()).unwrap();
        assert_eq!((expected.already, expected.seconds), (70, 15.0));
        assert_eq!(probe.same_run(&expected).unwrap().run, format!("{base}-2"));
    }
}
