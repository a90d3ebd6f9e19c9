//! What larger encoders say of the images, made ready to be learnt: z-scored, wide vectors by their main
//! components, each component's size between what it was and equal.

use super::{TrainError, TrainRequest};
use crate::discovery::Matrix;
use crate::encoder::Encoder;
use crate::encoder::registry::{EncoderOptions, Registry};
use crate::evaluate::fusion::condensed;
use crate::evaluate::hand26::{COUNT, hand26};
use crate::io::raster::{Origin, Plane};
use crate::progress::Progress;
use crate::project::ProjectError;
use crate::sky::cutout::{Cutout, CutoutFlags};
use crate::tasks::evaluate::HAND26;
use crate::train::checkpoint::{bytes_of, write_tensors};
use crate::train::data::ImageSet;
use rayon::prelude::*;
use safetensors::Dtype;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Values are cut off here, in standard deviations.
const MOST: f32 = 4.0;
/// Images of a set that teachers are asked about, at most: evenly spread.
const ASKED: usize = 6000;

/// Fills the sets' `teachers`.
pub(super) fn teach(
    sets: &mut [ImageSet],
    request: &TrainRequest,
    registry: &Registry,
    progress: &dyn Progress,
) -> Result<(), TrainError> {
    let asked: Vec<(usize, usize)> = (sets.iter().enumerate())
        .filter(|(_, set)| !request.untaught.contains(&set.name))
        .flat_map(|(s, set)| {
            let count = set.len().min(ASKED);
            (0..count).map(move |i| (s, i * set.len() / count))
        })
        .collect();
    let mut said: Vec<Matrix> = Vec::new();
    for teacher in &request.teachers {
        let vectors = vectors_of(teacher, sets, &asked, request, registry, progress)?;
        let failed = |e: crate::discovery::DiscoveryError| TrainError::from(format!("{teacher}: {e}"));
        let (mut ready, variances) = condensed(&vectors, progress).map_err(failed)?;
        if let Some(variances) = variances {
            let sizes: Vec<f32> = variances.iter().map(|v| v.sqrt() as f32).collect();
            let mean = sizes.iter().sum::<f32>() / sizes.len().max(1) as f32;
            for row in ready.values.chunks_exact_mut(ready.cols) {
                for (v, s) in row.iter_mut().zip(&sizes) {
                    *v /= (s * mean).sqrt().max(1e-6);
                }
            }
        }
        ready.values.iter_mut().for_each(|v| *v = v.clamp(-MOST, MOST));
        said.push(ready);
    }
    let numbers: usize = said.iter().map(|m| m.cols).sum();
    for set in sets.iter_mut() {
        set.teachers = vec![f32::NAN; set.len() * numbers];
    }
    for (row, &(s, i)) in asked.iter().enumerate() {
        let mut at = i * numbers;
        for part in &said {
            sets[s].teachers[at..at + part.cols].copy_from_slice(part.row(row));
            at += part.cols;
        }
    }
    Ok(())
}

/// One teacher's vectors of the asked images; kept beside the checkpoints.
fn vectors_of(
    teacher: &str,
    sets: &[ImageSet],
    asked: &[(usize, usize)],
    request: &TrainRequest,
    registry: &Registry,
    progress: &dyn Progress,
) -> Result<Matrix, TrainError> {
    let encoder: Option<Box<dyn Encoder>> = match teacher {
        HAND26 => None,
        name => Some(registry.open(
            name,
            &EncoderOptions {
                threads: request.threads,
                ..EncoderOptions::default()
            },
        )?),
    };
    let cols = encoder.as_ref().map_or(COUNT, |e| e.spec().dim);
    let mut hash = Sha256::new();
    hash.update(
        encoder
            .as_ref()
            .map_or_else(|| HAND26.into(), |e| format!("{:?}", e.spec())),
    );
    asked.iter().for_each(|&(s, i)| hash.update(sets[s].image(i)));
    let print: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    let path = request.folder.join(format!("teacher-{print}.safetensors"));
    if let Ok(mut file) = crate::encoder::weights::WeightsFile::open(&path)
        && file.shape("vectors") == Some(&[asked.len(), cols])
    {
        return Ok(Matrix {
            cols,
            values: file.read_f32("vectors")?,
        });
    }
    progress.begin(&format!("asking {teacher}"), Some(asked.len() as u64));
    let mut values = Vec::with_capacity(asked.len() * cols);
    for part in asked.chunks(64) {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled.into());
        }
        let cutouts: Vec<Cutout> = part.par_iter().map(|&(s, i)| seen(&sets[s], i)).collect();
        match &encoder {
            Some(encoder) => values.extend(encoder.encode(&cutouts)?),
            None => {
                let rows: Vec<[f32; COUNT]> = cutouts.par_iter().map(hand26).collect();
                values.extend(rows.into_iter().flatten());
            }
        }
        progress.advance(part.len() as u64);
    }
    let tensor = (
        "vectors".to_owned(),
        vec![asked.len(), cols],
        bytes_of(&values),
        Dtype::F32,
    );
    write_tensors(&path, &[tensor], HashMap::new())?;
    Ok(Matrix { cols, values })
}

/// What is normally seen of an image, as a picture.
fn seen(set: &ImageSet, i: usize) -> Cutout {
    let area = set.side * set.side;
    let bands = (set.image(i).chunks_exact(area))
        .map(|p| Plane::from_pixels(set.side, set.side, p.iter().map(|&v| f32::from(v)).collect()))
        .collect();
    let names: &[&str] = if set.planes == 1 {
        &["gray"]
    } else {
        &["red", "green", "blue"]
    };
    let whole = Cutout {
        bands,
        band_names: names.iter().map(|n| (*n).to_owned()).collect(),
        origin: Origin::TopLeft,
        is_picture: true,
        pixel_scale_arcsec: None,
        flags: CutoutFlags::default(),
    };
    crate::sky::cutout::crop_central(whole, 1.0 / f64::from(set.reach))
}
