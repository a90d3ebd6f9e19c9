//! `astrolabel embed`.

use super::count;
use super::device::device;
use crate::cli::args::{CombineArg, DeviceArg, Embed, PoolingArg, PrecisionArg};
use crate::cli::bar::Bars;
use crate::cli::{Outcome, Usage, note, say};
use crate::encoder::EncoderError;
use crate::encoder::computation::Computation;
use crate::encoder::device::ComputeDevice;
use crate::encoder::network::Pooling;
use crate::encoder::registry::{EncoderOptions, MORPHOMETRY, describe, open_encoder};
use crate::encoder::representation::{Combine, Representation};
use crate::project::Project;
use crate::tasks;

pub(in crate::cli) fn embed(a: Embed, threads: usize, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let pooling = a.pooling.map(|p| match p {
        PoolingArg::Cls => Pooling::Cls,
        PoolingArg::Mean => Pooling::MeanPatches,
        PoolingArg::Both => Pooling::ClsAndMean,
    });
    let computation = Computation {
        precision: a.precision.and_then(PrecisionArg::precision),
        ..Computation::default()
    };
    let device = match a.encoder == MORPHOMETRY && a.device != DeviceArg::Gpu {
        // Classical numbers are the processor's: no card need be woken for them.
        true => ComputeDevice::Processor,
        false => device(a.device, &computation, progress)?,
    };
    let encoder = open_encoder(
        &a.encoder,
        &EncoderOptions {
            threads,
            block: a.block,
            pooling,
            representation: Representation {
                symmetric: a.symmetric,
                scales: a.scales,
                combine: match a.combine {
                    CombineArg::Concat => Combine::Concat,
                    CombineArg::Mean => Combine::Mean,
                },
                morphometry: a.with_morphometry,
            },
            computation,
            device,
        },
    )
    .map_err(|e| match e {
        EncoderError::Unknown { .. } => Usage(e.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    let stem = std::path::Path::new(&a.encoder)
        .file_stem()
        .map(|s| s.to_string_lossy());
    if let Some(stem) = stem.filter(|s| *s != a.encoder.as_str())
        && let Some(known) = describe(&stem)?
        && encoder.spec().name != known.name
    {
        note(
            progress,
            &format!(
                "{} is read as a network nobody described, to its last block; with the file in a folder named by \
                 ASTROLABEL_MODELS, `--encoder {stem}` reads it as it is known here",
                a.encoder
            ),
        );
    }
    if let Some(precision) = encoder.spec().settings["precision"].as_str() {
        let on = match encoder.spec().settings["device"]["adapter"].as_str() {
            Some(card) => format!(" on {card}"),
            None => String::new(),
        };
        note(
            progress,
            &format!("{} computes in {precision}{on}", encoder.spec().name),
        );
    }
    let report = tasks::embed::embed(&mut project, encoder.as_ref(), a.batch, threads, progress)?;
    progress.clear();
    let spec = encoder.spec();
    let rate = report.done as f64 / report.seconds.max(1e-3);
    say(&format!(
        "{}: {} of {} numbers each, {:.1} s ({rate:.0}/s); {} were there already",
        spec.name,
        count(report.done, "vector", "vectors"),
        spec.dim,
        report.seconds,
        report.already
    ));
    if report.cancelled {
        anyhow::bail!(
            "stopped as asked: {} vectors are kept, the same command goes on from here",
            report.done + report.already
        );
    }
    Ok(report.skipped)
}
