//! Embed: every object that has no vector yet gets one, in a run that can be stopped at any moment.

mod place;

use super::Skipped;
use super::images::{Images, Watched};
use crate::encoder::representation::{BlockScaling, Blocks, SAMPLE};
use crate::encoder::{Encoder, engine};
use crate::memory::{self, Free};
use crate::progress::Progress;
use crate::project::{Project, ProjectError, objects};
use serde::Serialize;
use std::time::{Duration, Instant};

/// How often what is done is brought to the disk: at most this much work is lost to a kill.
const CONFIRM_EVERY: Duration = Duration::from_secs(1);

/// Cutouts that are cut and not yet embedded take at most about this much memory.
const IN_FLIGHT_BYTES: f64 = 1e9;

/// Batch and threads with which cutouts of the widest field stay within [`IN_FLIGHT_BYTES`].
fn within_memory(
    fields: &[crate::project::Field],
    batch: usize,
    threads: usize,
    free: Option<Free>,
) -> (usize, usize) {
    let in_flight = free.map_or(IN_FLIGHT_BYTES, |f| IN_FLIGHT_BYTES.min(f.bytes as f64 / 8.0));
    use crate::sky::cutout::CutoutSize;
    let bytes = fields.iter().map(|f| match f.size {
        Some(CutoutSize::Pixels(px)) => 4.0 * px * px * f.bands.len().max(1) as f64,
        // Of a size on the sky the pixels are known only with the WCS: import has refused the absurd.
        Some(CutoutSize::Arcsec(_)) | None => 0.0,
    });
    let bytes = bytes.fold(1.0, f64::max);
    // Every thread has one batch in hand and one waiting, and as many are in the encoder.
    let room = (in_flight / bytes).max(1.0) as usize;
    let threads = threads.clamp(1, (room / 4).max(1));
    (batch.clamp(1, (room / (4 * threads)).max(1)), threads)
}

/// What an embedding did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EmbedReport {
    /// The run.
    pub run: String,
    /// Vectors made now.
    pub done: usize,
    /// Vectors that were there before.
    pub already: usize,
    /// Objects without a vector, and why.
    pub skipped: Vec<Skipped>,
    /// Seconds it took.
    pub seconds: f64,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

/// Embeds with `encoder` what isn't yet.
pub fn embed(
    project: &mut Project,
    encoder: &dyn Encoder,
    batch: usize,
    threads: usize,
    progress: &dyn Progress,
) -> Result<EmbedReport, ProjectError> {
    let start = Instant::now();
    let count = project.count()?;
    if count == 0 {
        return Err(ProjectError::Ask(
            "this project has no objects yet: import some first".into(),
        ));
    }
    // Half of it for the network, an eighth for cutouts that wait; images that are held take less than the rest.
    let free = memory::free();
    if let Some(free) = free {
        let fitted = encoder.fit(free.bytes / 2);
        if let Some(less) = fitted.map_err(|e| ProjectError::Ask(format!("{e} ({})", free.sentence())))? {
            progress.note(&format!("{}: {less}", free.sentence()));
        }
    }
    let images = Images::of(project)?;
    let mut writer = place::opened(project, &images, encoder.spec(), progress)?;
    let run = writer.manifest().run.clone();
    project.register_run(&run, &encoder.spec().name)?;
    let pending: Vec<usize> = (0..images.objects().len())
        .filter(|&i| !writer.is_done(i))
        .collect();
    let mut report = EmbedReport {
        run: run.clone(),
        already: count - pending.len().min(count),
        ..Default::default()
    };
    if pending.is_empty() {
        return Ok(report);
    }
    let watched = Watched::new(&images);
    let (batch, threads) = within_memory(&objects::fields(project.store())?, batch, threads, free);
    if let Some(blocks) = encoder.blocks() {
        let scaling = match writer.manifest().scaling.clone() {
            Some(known) => known,
            None => {
                let measured = measure_blocks(encoder, blocks, &watched, count, (batch, threads), progress)?;
                writer.set_scaling(measured.clone())?;
                measured
            }
        };
        blocks.set(scaling).map_err(ProjectError::Ask)?;
    }
    progress.begin(
        &format!("embedding with {}", encoder.spec().name),
        Some(pending.len() as u64),
    );
    let mut last = Instant::now();
    let mut flags = Vec::new();
    let mut sink = |rows: &[usize], vectors: &[f32]| -> Result<(), String> {
        writer.write(rows, vectors).map_err(|e| e.to_string())?;
        flags.extend(watched.flags_of(rows));
        if last.elapsed() > CONFIRM_EVERY {
            // Flags first: an object that counts as done must have them.
            project.set_flags(&flags).map_err(|e| e.to_string())?;
            flags.clear();
            writer.confirm().map_err(|e| e.to_string())?;
            last = Instant::now();
        }
        Ok(())
    };
    let outcome = engine::embed(encoder, &pending, &watched, batch, threads, progress, &mut sink)
        .map_err(|e| ProjectError::Ask(e.to_string()))?;
    let tried: Vec<i64> = pending.iter().map(|&i| i as i64).collect();
    let of_skipped: Vec<usize> = outcome.skipped.iter().map(|(i, _)| *i).collect();
    flags.extend(watched.flags_of(&of_skipped));
    project.set_flags(&flags)?;
    writer.confirm()?;
    let skipped: Vec<(i64, String)> = outcome
        .skipped
        .iter()
        .map(|(i, why)| (*i as i64, why.clone()))
        .collect();
    project.set_skipped(&run, &tried, &skipped)?;
    report.done = outcome.done;
    report.cancelled = outcome.cancelled;
    report.skipped = outcome
        .skipped
        .into_iter()
        .map(|(i, why)| {
            Skipped::new(
                images
                    .objects()
                    .get(i)
                    .map_or_else(|| format!("#{i}"), |o| o.name.clone()),
                why,
            )
        })
        .collect();
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

/// Measures the blocks' means and spreads on objects spread evenly over the project.
fn measure_blocks(
    encoder: &dyn Encoder,
    blocks: &Blocks,
    watched: &Watched<'_>,
    count: usize,
    (batch, threads): (usize, usize),
    progress: &dyn Progress,
) -> Result<BlockScaling, ProjectError> {
    let wanted = count.min(SAMPLE);
    let sample: Vec<usize> = (0..wanted).map(|i| i * count / wanted).collect();
    progress.note(&format!(
        "the blocks of its vectors are scaled by {wanted} objects of the project"
    ));
    let mut measured = Vec::new();
    let mut keep = |_: &[usize], vectors: &[f32]| {
        measured.extend_from_slice(vectors);
        Ok(())
    };
    let report = engine::embed(encoder, &sample, watched, batch, threads, progress, &mut keep)
        .map_err(|e| ProjectError::Ask(e.to_string()))?;
    if report.cancelled {
        return Err(ProjectError::Cancelled);
    }
    if report.done == 0 {
        return Err(ProjectError::Ask(
            "none of the objects has pixels, so the blocks of its vectors can't be scaled to each other"
                .into(),
        ));
    }
    Ok(BlockScaling::measure(blocks.widths(), &measured))
}
