//! Training an encoder on a person's own images: images gathered and kept small, larger encoders asked,
//! the loop with its checkpoints, and the finished network among the encoders.

mod curves;
mod finish;
mod gather;
mod teach;

pub use gather::{Crop, Source};

use crate::encoder::EncoderError;
use crate::encoder::device::ComputeDevice;
use crate::encoder::device::attempt::quietly;
use crate::encoder::model::p4m::file;
use crate::encoder::model::p4m::shape::P4mShape;
use crate::encoder::registry::Registry;
use crate::encoder::weights::WeightsFile;
use crate::progress::Progress;
use crate::project::ProjectError;
use crate::tasks::Skipped;
use crate::train::augment::Augmentation;
use crate::train::checkpoint;
use crate::train::data::ImageSet;
use crate::train::heads::{Losses, Weights};
use crate::train::trainer::{Settings, Trainer};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Steps that are measured before a length in minutes becomes a number of steps.
const MEASURED: u64 = 8;
/// Steps between lines of the log.
const LOGGED: u64 = 25;
/// Time between checkpoints.
const KEPT: Duration = Duration::from_secs(120);

/// Why a training can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Images, labels or settings; or stopped while reading.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// An encoder, a checkpoint or a file of weights.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

impl From<String> for TrainError {
    fn from(said: String) -> Self {
        Self::Project(ProjectError::Ask(said))
    }
}

/// How long a training goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// So many batches.
    Steps(u64),
    /// Every image so often, on average.
    Epochs(f64),
    /// About so many minutes on this machine, measured by the first steps.
    Minutes(f64),
}

/// What is asked of a training.
#[derive(Debug, Clone)]
pub struct TrainRequest {
    /// Name of the encoder.
    pub name: String,
    /// Images and tables of labels.
    pub sources: Vec<Source>,
    /// Only rows of tables whose `split` is one of these; all if empty.
    pub split: Vec<String>,
    /// Encoder to begin with.
    pub from: Option<String>,
    /// Encoders to learn from.
    pub teachers: Vec<String>,
    /// Sets that they are not asked about.
    pub untaught: Vec<String>,
    /// How large it is, unless it begins with another.
    pub shape: P4mShape,
    /// How much each loss counts.
    pub losses: Weights,
    /// Largest rate of learning.
    pub rate: f32,
    /// Share of images with another one's light at their edge.
    pub neighbour: f32,
    /// Mean number of stars in an image's foreground.
    pub stars: f32,
    /// Images of a batch.
    pub batch: usize,
    /// How long.
    pub length: Length,
    /// All that is random depends on it.
    pub seed: u64,
    /// Cores.
    pub threads: usize,
    /// What the network learns on.
    pub device: ComputeDevice,
    /// The command line, for the card.
    pub command: String,
    /// Where checkpoints and the log are.
    pub folder: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct TrainReport {
    /// The finished encoder's description, weights and card; none if stopped.
    pub encoder: Option<PathBuf>,
    /// Steps done, and of how many.
    pub steps: [u64; 2],
    /// Images trained on.
    pub images: usize,
    /// Seconds of this call.
    pub seconds: f64,
    /// Losses of the last steps, on average.
    pub losses: Losses,
    /// Images that couldn't be used.
    #[serde(skip)]
    pub skipped: Vec<Skipped>,
}

/// Trains, or goes on where an earlier call of the same request was stopped.
///
/// # Errors
/// If nothing can be trained on, an encoder can't be opened or a file not written, or a checkpoint is
/// of another training.
pub fn train(
    request: &TrainRequest,
    registry: &Registry,
    progress: &dyn Progress,
) -> Result<TrainReport, TrainError> {
    let ask = TrainError::from;
    let start = Instant::now();
    let (mut sets, skipped) = gather::gather(&request.sources, &request.split, progress)?;
    let images: usize = sets.iter().map(ImageSet::len).sum();
    std::fs::create_dir_all(&request.folder)
        .map_err(|e| ask(format!("{}: can't be made: {e}", request.folder.display())))?;
    teach::teach(&mut sets, request, registry, progress)?;
    let print = fingerprint(&sets);
    let from = request
        .from
        .as_ref()
        .map(|name| beginning(name, registry))
        .transpose()?;
    let (shape, weights) = match from {
        Some((shape, weights)) => (shape, Some(weights)),
        None => (request.shape.clone(), None),
    };
    let kept = request.folder.join("checkpoint.safetensors");
    let mut settings = Settings {
        shape,
        augmentation: Augmentation {
            neighbour: request.neighbour,
            stars: request.stars,
            ..Augmentation::default()
        },
        losses: request.losses,
        rate: request.rate,
        decay: 0.05,
        batch: request.batch,
        steps: 1,
        warm_up: 100,
        seed: request.seed,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads)
        .build();
    let pool = pool.map_err(|e| ask(format!("threads can't be started: {e}")))?;
    pool.install(|| {
        settings.steps = match request.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => (epochs * images as f64 / settings.batch as f64).ceil() as u64,
            Length::Minutes(minutes) => match checkpoint::steps(&kept) {
                // Measured when it began; measuring again would make it another training.
                Some(steps) => steps,
                None => steps_in(minutes, &settings, &sets, weights.clone(), &request.device).map_err(ask)?,
            },
        }
        .max(1);
        settings.warm_up = settings.warm_up.min(settings.steps / 10);
        let mut trainer = Trainer::new(settings, &sets, weights.clone()).map_err(ask)?;
        if request.device.card().is_some() {
            trainer.on(request.device.burn());
        }
        if kept.exists() {
            let state = checkpoint::load(&kept, &trainer.settings, &print)?;
            trainer
                .restore(state)
                .map_err(|e| ask(format!("{}: {e}", kept.display())))?;
            progress.note(&format!("goes on after step {}", trainer.state.step));
        }
        let (losses, whole) = run(&mut trainer, request, &kept, &print, progress)?;
        let encoder = if whole {
            Some(finish::finish(&mut trainer, request, &sets, registry)?)
        } else {
            None
        };
        Ok(TrainReport {
            encoder,
            steps: [trainer.state.step, trainer.settings.steps],
            images,
            seconds: start.elapsed().as_secs_f64(),
            losses,
            skipped,
        })
    })
}

/// The loop; whether it came to its end.
fn run(
    trainer: &mut Trainer<'_>,
    request: &TrainRequest,
    kept: &Path,
    print: &str,
    progress: &dyn Progress,
) -> Result<(Losses, bool), TrainError> {
    let steps = trainer.settings.steps;
    let log = request.folder.join("log.jsonl");
    let page = request.folder.join("losses.html");
    progress.note(&format!("the curves of its losses: {}", page.display()));
    progress.begin("training", Some(steps));
    progress.advance(trainer.state.step);
    let (mut last_kept, mut sums, mut counted) = (Instant::now(), [0.0f64; 5], 0u32);
    let mut recent = Losses::default();
    while trainer.state.step < steps {
        if progress.cancelled() {
            checkpoint::save(kept, &trainer.state, &trainer.settings, print)?;
            return Ok((recent, false));
        }
        let l = match request.device.card() {
            None => trainer.step()?,
            // A driver may fail at any time, and burn then panics.
            Some(card) => quietly(|| trainer.step()).map_err(|why| {
                TrainError::from(format!(
                    "on {}: {why}; the same command goes on from the last checkpoint, and --device cpu needs no card",
                    card.words()
                ))
            })?,
        };
        for (sum, v) in sums.iter_mut().zip(l.all()) {
            *sum += f64::from(v);
        }
        counted += 1;
        progress.advance(1);
        let step = trainer.state.step;
        if step.is_multiple_of(LOGGED) || step == steps {
            recent = sums.map(|s| (s / f64::from(counted)) as f32).into();
            (sums, counted) = ([0.0; 5], 0);
            append(&log, step, &recent)?;
        }
        if last_kept.elapsed() > KEPT || step == steps {
            checkpoint::save(kept, &trainer.state, &trainer.settings, print)?;
            curves::draw(&log, &page, &request.name, steps)?;
            last_kept = Instant::now();
        }
    }
    Ok((recent, true))
}

/// A line of the log: step and losses.
fn append(path: &Path, step: u64, losses: &Losses) -> Result<(), TrainError> {
    let wrong = |e: std::io::Error| TrainError::from(format!("{}: can't be written: {e}", path.display()));
    let line = serde_json::json!({ "step": step, "losses": losses });
    let mut file = (std::fs::OpenOptions::new().create(true).append(true))
        .open(path)
        .map_err(wrong)?;
    writeln!(file, "{line}").map_err(wrong)
}

/// How many steps take so many minutes here.
fn steps_in(
    minutes: f64,
    settings: &Settings,
    sets: &[ImageSet],
    from: Option<Vec<f32>>,
    device: &ComputeDevice,
) -> Result<u64, String> {
    let mut probe = Trainer::new(settings.clone(), sets, from)?;
    if device.card().is_some() {
        probe.on(device.burn());
    }
    probe.step()?;
    let start = Instant::now();
    for _ in 0..MEASURED {
        probe.step()?;
    }
    let each = start.elapsed().as_secs_f64() / MEASURED as f64;
    Ok((minutes * 60.0 / each).ceil() as u64)
}

/// Shape and weights of a p4m encoder.
fn beginning(name: &str, registry: &Registry) -> Result<(P4mShape, Vec<f32>), TrainError> {
    let path = match registry.find(name)? {
        Some(entry) => registry
            .weights(&entry)
            .ok_or_else(|| format!("the weights of '{name}' are not here: astrolabel encoders get {name}"))?,
        None => PathBuf::from(name),
    };
    let read = file::read(&mut WeightsFile::open(&path)?)?;
    Ok((read.layout.shape, read.weights))
}

/// What tells these images, labels and teachers from others.
fn fingerprint(sets: &[ImageSet]) -> String {
    let mut hash = Sha256::new();
    for set in sets {
        hash.update(set.name.as_bytes());
        hash.update(&set.pixels);
        hash.update(format!("{:?}{:?}{:?}", set.classes, set.labels, set.questions));
        for values in [&set.votes, &set.teachers] {
            values.iter().for_each(|v| hash.update(v.to_le_bytes()));
        }
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
