//! A finished training becomes an encoder: weights in half precision, description, model card.

use super::{Source, TrainError, TrainRequest};
use crate::encoder::model::p4m::{contract, file};
use crate::encoder::network::Pooling;
use crate::encoder::registry::{EncoderDescription, Registry};
use crate::encoder::weights::{sha256_of_file, write_whole};
use crate::train::checkpoint::{bytes_of, write_tensors};
use crate::train::data::ImageSet;
use crate::train::trainer::Trainer;
use half::f16;
use safetensors::Dtype;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A vector is the mean over so many turns within a quarter: with three, an angle hardly matters (README).
const TURNS: usize = 3;

/// Writes the encoder into the user's own folder; its description's path.
pub(super) fn finish(
    trainer: &mut Trainer<'_>,
    request: &TrainRequest,
    sets: &[ImageSet],
    registry: &Registry,
) -> Result<PathBuf, TrainError> {
    let toml = format!("{}.toml", request.name);
    let own = registry.folder_of_own(Path::new(&toml))?;
    let (weights, stats) = trainer.finished();
    let halves = |values: &[f32]| {
        values
            .iter()
            .flat_map(|v| f16::from_f32(*v).to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let layout = &trainer.layout;
    let mut tensors: Vec<_> = (layout.entries.iter())
        .map(|e| {
            (
                e.name.clone(),
                e.shape.clone(),
                halves(e.of(&weights)),
                Dtype::F16,
            )
        })
        .collect();
    for (name, at) in &layout.norms {
        let (mean, variance) = at.stats(&stats);
        for (part, values) in [("running_mean", mean), ("running_var", variance)] {
            tensors.push((
                format!("{name}.{part}"),
                vec![values.len()],
                bytes_of(values),
                Dtype::F32,
            ));
        }
    }
    tensors.push((file::TURNS.into(), vec![1], bytes_of(&[TURNS as f32]), Dtype::F32));
    let name = &request.name;
    let place = own.join(format!("{name}.safetensors"));
    write_tensors(
        &place,
        &tensors,
        HashMap::from([("format".to_owned(), "pt".to_owned())]),
    )?;
    let images: usize = sets.iter().map(ImageSet::len).sum();
    let description = EncoderDescription {
        name: name.clone(),
        architecture: "p4m".into(),
        size: format!("{} weights", layout.weights),
        title: name.clone(),
        about: format!("Trained here on {images} images; see {name}.md."),
        licence: String::new(),
        citation: String::new(),
        hub_repo: String::new(),
        hub_file: String::new(),
        codec_file: None,
        hub_revision: None,
        path: place.file_name().map(PathBuf::from),
        sha256: Some(sha256_of_file(&place)?),
        dim: Some(layout.shape.dim),
        block: None,
        pooling: Pooling::MeanPatches,
        preprocessing: contract(),
    };
    write_whole(
        &own.join(format!("{name}.md")),
        card(trainer, request, sets).as_bytes(),
    )?;
    let toml = own.join(toml);
    write_whole(&toml, description.to_toml()?.as_bytes())?;
    Ok(toml)
}

/// What was done, for whoever uses the encoder.
fn card(trainer: &Trainer<'_>, request: &TrainRequest, sets: &[ImageSet]) -> String {
    let s = &trainer.settings;
    let mut text = format!(
        "# {}\n\nA p4m network of {} weights: stages of {:?} fields and {:?} blocks, vectors of {} numbers, the same for \
         rotations by 90° and reflections, and the mean over {TURNS} turns within a quarter.\n\n## Images\n\n| set | images | labelled | classes | votes | part seen |\n|---|---|---|---|---|---|\n",
        request.name, trainer.layout.weights, s.shape.fields, s.shape.depths, s.shape.dim
    );
    for (set, source) in sets.iter().zip(&request.sources) {
        let (Source::Images(_, seen) | Source::Labels(_, seen)) = source;
        let labelled = set.labels.iter().flatten().count();
        text += &format!(
            "| {} | {} | {labelled} | {} | {} | {:.0} % |\n",
            set.name,
            set.len(),
            set.classes.join(", "),
            set.questions.join(", "),
            100.0 * seen
        );
    }
    let teachers = match request.teachers.as_slice() {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    text += &format!(
        "\nTeachers: {teachers}.\n\n## Training\n\n{} steps of {} images ({:.1} times each on average), seed {}, losses (labels, votes, \
         teachers, contrastive, rotation) weighted {}, {}, {}, {}, {}; AdamW, rate {}, decay {}; the weights are their running mean; computed on {}.\n\n```\n{}\n```\n",
        s.steps,
        s.batch,
        s.steps as f64 * s.batch as f64 / sets.iter().map(ImageSet::len).sum::<usize>().max(1) as f64,
        s.seed,
        s.losses.labels,
        s.losses.votes,
        s.losses.teachers,
        s.losses.contrastive,
        s.losses.rotation,
        s.rate,
        s.decay,
        (request.device.card()).map_or_else(|| "the processor".to_owned(), |c| c.words()),
        request.command
    );
    text
}
