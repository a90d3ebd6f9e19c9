//! `astrolabel bench ENCODER --whole-path`: what remains of the bare network's rate on the way from a
//! mosaic to vectors on the disk.
//!
//! A simulated mosaic in three bands is imported once. Then the bare network (prepared planes to
//! vectors) and a whole embedding (reading, cutting, preparing, computing, writing) are measured in
//! turn, and the medians compared: a shared machine's speed changes between runs, not within one.

use crate::cli::args::Bench;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, say};
use crate::encoder::Encoder;
use crate::encoder::morphometry::median;
use crate::encoder::network_encoder::NetworkEncoder;
use crate::encoder::plan::team::Team;
use crate::encoder::registry::{EncoderOptions, open_network_encoder};
use crate::project::Project;
use crate::simulate::{SimulateOptions, simulate};
use crate::tasks::embed::embed;
use crate::tasks::import::{ImportOptions, import_into};
use std::time::Instant;

/// Cutouts handed over at once, as `astrolabel embed` does.
const EMBED_BATCH: usize = 32;
/// Rounds of which medians are taken.
const ROUNDS: usize = 3;
/// Objects of the mosaic at most: more make it large, and are no better measured.
const MOST_OBJECTS: usize = 8000;

/// Measures both ways with the encoder `name`.
pub(super) fn bench_path(a: &Bench, name: &str, threads: usize, progress: &Bars) -> Outcome {
    let computation = super::bench::computation(a);
    let options = EncoderOptions {
        threads,
        device: super::device::device(a.device, &computation, progress)?,
        computation,
        ..EncoderOptions::default()
    };
    let encoder = open_network_encoder(name, &options)?;
    let team = Team::new(threads).map_err(anyhow::Error::msg)?;
    let mut bare = Bare::new(&encoder, a.batch);
    let guess = bare.rate(&team, 1.0)?;
    let seconds = f64::from(a.seconds);
    let objects = ((guess * seconds) as usize).clamp(64, MOST_OBJECTS);
    // Room for all of them.
    let side = (3000.0 * (objects as f64 / 2800.0).sqrt().max(1.0)).ceil() as usize;

    let folder = tempfile::tempdir()?;
    let survey = folder.path().join("survey");
    let made = SimulateOptions {
        side,
        objects,
        ..SimulateOptions::default()
    };
    simulate(&survey, &made, progress)?;
    let root = folder.path().join("bench.astrolabel");
    let found = ImportOptions {
        paths: vec![survey],
        who: "bench".into(),
        ..Default::default()
    };
    import_into(&root, &found, progress)?;

    let (mut alone, mut whole, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let rate = bare.rate(&team, seconds)?;
        let mut project = Project::open(&root, false)?;
        let report = embed(&mut project, &encoder, EMBED_BATCH, threads, progress)?;
        anyhow::ensure!(!report.cancelled, "stopped as asked");
        let through = report.done as f64 / report.seconds;
        drop(project);
        std::fs::remove_dir_all(root.join("embeddings"))?;
        alone.push(rate);
        whole.push(through);
        ratios.push(through / rate);
    }
    progress.clear();
    let px = encoder.preprocessing().image_px;
    say(&format!(
        "{}: {px} px, {threads} threads, {}; medians of {ROUNDS} rounds, {objects} objects of 64 px in three bands",
        encoder.spec().name,
        encoder.chosen().sentence()
    ));
    say(&format!(
        "  network alone, batch {}: {:.2} images/s",
        a.batch,
        median(&mut alone)
    ));
    say(&format!(
        "  mosaic to vectors on the disk: {:.2} images/s",
        median(&mut whole)
    ));
    say(&format!(
        "  of the network's rate: {:.1} %",
        100.0 * median(&mut ratios)
    ));
    Ok(vec![])
}

/// The network on planes of noise.
struct Bare<'a> {
    encoder: &'a NetworkEncoder,
    input: Vec<f32>,
    out: Vec<f32>,
    batch: usize,
}

impl<'a> Bare<'a> {
    fn new(encoder: &'a NetworkEncoder, batch: usize) -> Self {
        let side = encoder.preprocessing().image_px;
        Self {
            encoder,
            input: super::bench::noise(batch * encoder.network().channels() * side * side),
            out: vec![0.0; batch * encoder.spec().dim],
            batch,
        }
    }

    /// Images a second over at least `seconds`.
    fn rate(&mut self, team: &Team, seconds: f64) -> anyhow::Result<f64> {
        let side = self.encoder.preprocessing().image_px;
        let (block, pooling) = self.encoder.part();
        let (start, mut images) = (Instant::now(), 0);
        while images == 0 || start.elapsed().as_secs_f64() < seconds {
            let shape = [self.batch, side, side];
            (self.encoder.network())
                .embed_on(team, &self.input, shape, block, pooling, &mut self.out)
                .map_err(anyhow::Error::msg)?;
            images += self.batch;
        }
        Ok(images as f64 / start.elapsed().as_secs_f64())
    }
}
