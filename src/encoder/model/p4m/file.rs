//! A p4m network in a file of weights: its tensors by the names of [`Layout`], norms with their
//! `running_mean` and `running_var`.

use super::shape::{Layout, P4mShape};
use super::turn::MOST as MOST_TURNS;
use crate::encoder::EncoderError;
use crate::encoder::model::fit::check;
use crate::encoder::weights::WeightsFile;

/// More stages or blocks than any network of this family has.
const MOST: usize = 256;

/// Whether `file` holds one.
pub(crate) fn find_p4m(file: &WeightsFile) -> bool {
    file.shape("lift.weight").is_some() && file.shape("head.norm.running_mean").is_some()
}

/// Name of the one number that says of how many turns a vector is the mean; 1 where it is missing.
pub const TURNS: &str = "turns";

/// A network as it is in a file.
#[derive(Debug, Clone)]
pub struct Read {
    /// Where each weight is.
    pub layout: Layout,
    /// The weights.
    pub weights: Vec<f32>,
    /// Norms' means and variances.
    pub stats: Vec<f32>,
    /// Of how many turns of an image its vector is the mean.
    pub turns: usize,
}

/// Reads the network in `file`.
///
/// # Errors
/// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors.
pub fn read(file: &mut WeightsFile) -> Result<Read, EncoderError> {
    let shape = shape_of(file).ok_or_else(|| file.error("is not a p4m network".into()))?;
    shape.check().map_err(|e| file.error(e))?;
    let layout = shape.layout();
    let mut expected: Vec<(String, Vec<usize>)> = (layout.entries.iter())
        .map(|e| (e.name.clone(), e.shape.clone()))
        .collect();
    for (name, at) in &layout.norms {
        for part in ["running_mean", "running_var"] {
            expected.push((format!("{name}.{part}"), vec![at.width()]));
        }
    }
    if file.shape(TURNS).is_some() {
        expected.push((TURNS.into(), vec![1]));
    }
    check(file, &expected, |_| false, "a p4m network")?;
    let turns = match file.shape(TURNS) {
        Some(_) => file.read_f32(TURNS)?[0],
        None => 1.0,
    };
    if !(1.0..=MOST_TURNS as f32).contains(&turns) || turns.fract() != 0.0 {
        return Err(file.error(format!(
            "has the mean of {turns} turns: 1 to {MOST_TURNS} can be taken"
        )));
    }
    let (mut weights, mut stats) = (vec![0.0; layout.weights], vec![0.0; layout.stats]);
    for entry in &layout.entries {
        let values = file.read_f32(&entry.name)?;
        entry.of_mut(&mut weights).copy_from_slice(&values);
    }
    for (name, at) in &layout.norms {
        let width = at.width();
        for (i, part) in ["running_mean", "running_var"].into_iter().enumerate() {
            let values = file.read_f32(&format!("{name}.{part}"))?;
            stats[at.stats + i * width..at.stats + (i + 1) * width].copy_from_slice(&values);
        }
    }
    if weights.iter().chain(&stats).any(|v| !v.is_finite()) {
        return Err(file.error("holds values that are no numbers".into()));
    }
    Ok(Read {
        layout,
        weights,
        stats,
        turns: turns as usize,
    })
}

fn shape_of(file: &WeightsFile) -> Option<P4mShape> {
    let first = |name: String| file.shape(&name).and_then(|s| s.first().copied());
    let &[fields, planes, _, _] = file.shape("lift.weight")? else {
        return None;
    };
    let (mut shape, mut stage) = (
        P4mShape {
            planes,
            fields: vec![fields],
            depths: vec![],
            dim: first("head.weight".into())?,
        },
        0,
    );
    loop {
        let blocks = (0..MOST).take_while(|b| first(format!("stages.{stage}.blocks.{b}.scale")).is_some());
        shape.depths.push(blocks.count());
        stage += 1;
        match first(format!("stages.{stage}.shrink.mix.bias")) {
            Some(fields) if stage < MOST => shape.fields.push(fields),
            _ => break,
        }
    }
    Some(shape)
}
