//! `astrolabel train`.

use super::device::device;
use crate::cli::args::{SizeArg, Train};
use crate::cli::bar::Bars;
use crate::cli::{Outcome, Usage, say};
use crate::encoder::computation::Computation;
use crate::encoder::model::p4m::shape::P4mShape;
use crate::encoder::registry::{Registry, is_name};
use crate::tasks::train::{Length, Source, TrainRequest, train as run};
use crate::train::heads::Weights;

pub(in crate::cli) fn train(a: Train, threads: usize, progress: &Bars) -> Outcome {
    let registry = Registry::of_user();
    if !is_name(&a.out) {
        return Err(Usage(format!(
            "--out {}: a name has letters, digits, '-', '_' and '.', and begins with a letter or digit",
            a.out
        ))
        .into());
    }
    if let Some(known) = registry.find(&a.out)?
        && known.file.is_none()
    {
        return Err(Usage(format!(
            "--out {}: that encoder came with the program: take another name",
            a.out
        ))
        .into());
    }
    let folder = match (a.folder, registry.own_folder()) {
        (Some(folder), _) => folder,
        (None, Some(own)) => own.join(format!("{}.training", a.out)),
        (None, None) => {
            return Err(Usage(
                "this system names no folder for settings: give --folder, and set ASTROLABEL_ENCODERS".into(),
            )
            .into());
        }
    };
    let fields = match a.size {
        SizeArg::Small => vec![4, 8, 16, 32],
        SizeArg::Medium => vec![6, 12, 24, 48],
        SizeArg::Large => vec![8, 16, 32, 64],
    };
    let told = !a.labels.is_empty() || !a.teacher.is_empty();
    let contrastive = a.contrastive.unwrap_or(if told { 0.0 } else { 1.0 });
    let length = match (a.steps, a.epochs, a.minutes) {
        (Some(steps), _, _) => Length::Steps(steps),
        (_, Some(epochs), _) => Length::Epochs(epochs),
        (_, _, minutes) => Length::Minutes(minutes.unwrap_or(30.0)),
    };
    let positive = match length {
        Length::Steps(n) => n > 0,
        Length::Epochs(n) | Length::Minutes(n) => n > 0.0 && n.is_finite(),
    };
    if !positive {
        return Err(Usage("--minutes, --epochs and --steps must be positive".into()).into());
    }
    if !(0.0..=1.0).contains(&a.neighbour) || !(0.0..=20.0).contains(&a.stars) {
        return Err(
            Usage("--neighbour is a share from 0 to 1, --stars a mean number from 0 to 20".into()).into(),
        );
    }
    let sources = (a.images.into_iter().map(|(p, c)| Source::Images(p, c)))
        .chain(a.labels.into_iter().map(|(p, c)| Source::Labels(p, c)))
        .collect();
    let request = TrainRequest {
        name: a.out,
        sources,
        split: a.split,
        from: a.init,
        teachers: a.teacher,
        untaught: a.untaught,
        shape: P4mShape {
            planes: 3,
            fields,
            depths: vec![1, 2, 3, 2],
            dim: 128,
        },
        losses: Weights {
            labels: a.label_weight,
            votes: a.label_weight,
            teachers: a.teacher_weight,
            contrastive,
            rotation: a.rotation.unwrap_or(if contrastive > 0.0 { 0.0 } else { 0.5 }),
        },
        rate: a.rate,
        neighbour: a.neighbour,
        stars: a.stars,
        batch: a.batch,
        length,
        seed: a.seed,
        threads,
        device: device(a.device, &Computation::default(), progress)?,
        command: std::env::args().collect::<Vec<_>>().join(" "),
        folder,
    };
    let report = run(&request, &registry, progress)?;
    progress.clear();
    let [done, all] = report.steps;
    match &report.encoder {
        Some(path) => say(&format!(
            "{}: {done} steps on {} images, {:.0} s; {} (embed with --encoder {})",
            request.name,
            report.images,
            report.seconds,
            path.display(),
            request.name
        )),
        None => {
            anyhow::bail!("stopped as asked after {done} of {all} steps; the same command goes on from here")
        }
    }
    Ok(report.skipped)
}
