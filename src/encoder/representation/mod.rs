//! How a network's vectors are put together: over turns and mirror images, over scales, beside
//! classical numbers.
//!
//! Each choice is kept in the run's manifest under `representation` and is part of the run's name;
//! without a choice there is nothing there, and the name is that of the plain network.

mod blocks;
mod turns;

pub use blocks::{BlockScaling, Blocks, SAMPLE};
pub use turns::{turns_of, whole_square};

use super::morphometry::Morphometry;
use super::{Encoder, EncoderError, EncoderSpec};
use crate::sky::cutout::{Cutout, crop_central};
use serde::{Deserialize, Serialize};

/// Pictures that wait in memory for the network at once, turns and scales counted.
const PICTURES_AT_ONCE: usize = 64;

/// Most scales of one vector.
pub const MAX_SCALES: usize = 3;

/// How vectors of several scales become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Side by side, in the order of the scales: as many times as wide.
    #[default]
    Concat,
    /// Their mean: as wide as one.
    Mean,
}

/// How a network's vectors are put together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Representation {
    /// The mean over the eight turns by quarters and their mirror images, so that an object and its
    /// turned twin get the same vector.
    pub symmetric: bool,
    /// Central fractions of the cutout that are looked at, one after the other; empty for the whole.
    pub scales: Vec<f64>,
    /// How the scales become one vector.
    pub combine: Combine,
    /// Whether morphometry follows as a block of its own ([`Blocks`]).
    pub morphometry: bool,
}

impl Representation {
    /// Whether nothing is chosen.
    pub fn is_plain(&self) -> bool {
        !self.symmetric && !self.morphometry && self.fractions() == [1.0]
    }

    /// Whether the choices make sense.
    ///
    /// # Errors
    /// A sentence about the first that doesn't.
    pub fn check(&self) -> Result<(), String> {
        if self.scales.len() > MAX_SCALES {
            return Err(format!(
                "{} scales are asked for, but at most {MAX_SCALES} make a vector",
                self.scales.len()
            ));
        }
        for (i, scale) in self.scales.iter().enumerate() {
            if !(*scale > 0.0 && *scale <= 1.0) {
                return Err(format!(
                    "scale {scale} is not a central fraction of the cutout: give numbers above 0, at most 1"
                ));
            }
            if self.scales[..i].contains(scale) {
                return Err(format!("scale {scale} is given twice"));
            }
        }
        Ok(())
    }

    /// Width of a vector of a network whose own is `dim` wide, without classical numbers.
    fn width(&self, dim: usize) -> usize {
        match self.combine {
            Combine::Concat => dim * self.fractions().len(),
            Combine::Mean => dim,
        }
    }

    /// The choices in words, for people; empty where nothing is chosen.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if self.symmetric {
            words.push("averaged over eight turns and mirror images".to_owned());
        }
        if self.fractions() != [1.0] {
            let scales: Vec<String> = self.scales.iter().map(f64::to_string).collect();
            let how = match self.combine {
                _ if scales.len() == 1 => "",
                Combine::Concat => " side by side",
                Combine::Mean => " averaged",
            };
            words.push(format!("central fractions {}{how}", scales.join(", ")));
        }
        if self.morphometry {
            words.push("with the classical numbers appended".to_owned());
        }
        words.join(", ")
    }

    fn fractions(&self) -> &[f64] {
        if self.scales.is_empty() {
            &[1.0]
        } else {
            &self.scales
        }
    }
}

/// A network whose vectors are put together as chosen.
struct Represented {
    network: Box<dyn Encoder>,
    classical: Option<(Morphometry, Blocks)>,
    choice: Representation,
    spec: EncoderSpec,
}

/// `network` with its vectors put together as chosen; itself where nothing is.
///
/// # Errors
/// [`EncoderError::Run`] if a choice makes no sense, or the encoder is morphometry.
pub fn represented(
    network: Box<dyn Encoder>,
    choice: &Representation,
) -> Result<Box<dyn Encoder>, EncoderError> {
    let fail = |cause: String| EncoderError::Run {
        name: network.spec().name.clone(),
        cause,
    };
    let spec = represented_spec(network.spec(), choice).map_err(fail)?;
    if choice.is_plain() {
        return Ok(network);
    }
    let classical = choice.morphometry.then(|| {
        let classical = Morphometry::new();
        let blocks = Blocks::new(vec![choice.width(network.spec().dim), classical.spec().dim]);
        (classical, blocks)
    });
    Ok(Box::new(Represented {
        network,
        classical,
        choice: choice.clone(),
        spec,
    }))
}

/// What the manifest says of a network whose own says `inner`, with its vectors put together by `choice`.
///
/// # Errors
/// A sentence if a choice makes no sense, or the encoder is morphometry.
pub fn represented_spec(inner: &EncoderSpec, choice: &Representation) -> Result<EncoderSpec, String> {
    choice.check()?;
    let mut spec = inner.clone();
    if choice.is_plain() {
        return Ok(spec);
    }
    if !inner.feature_names.is_empty() {
        return Err(
            "its numbers have meanings of their own and hardly change when an object is turned: turns, scales \
             and added morphometry are for networks"
                .into(),
        );
    }
    let classical = choice.morphometry.then(Morphometry::new);
    let width = choice.width(inner.dim);
    spec.dim = (classical.as_ref()).map_or(width, |c| Blocks::new(vec![width, c.spec().dim]).dim());
    let kept = serde_json::to_value(choice).map_err(|e| e.to_string())?;
    let settings =
        (spec.settings.as_object_mut()).ok_or("its settings can't hold how vectors are put together")?;
    settings.insert("representation".into(), kept);
    if let Some(classical) = &classical {
        settings.insert("morphometry".into(), classical.spec().settings.clone());
    }
    Ok(spec)
}

/// What a manifest says of how vectors were put together.
///
/// # Errors
/// A sentence if it can't be read.
pub fn representation_of(spec: &EncoderSpec) -> Result<Representation, String> {
    match spec.settings.get("representation") {
        None => Ok(Representation::default()),
        Some(kept) => serde_json::from_value(kept.clone())
            .map_err(|e| format!("the run's manifest doesn't say how its vectors were put together ({e})")),
    }
}

impl Represented {
    /// The network's vectors of a few cutouts, turns and scales put together: `[cutouts, width]`.
    fn by_network(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        let fractions = self.choice.fractions();
        let mut pictures = Vec::new();
        for cutout in cutouts {
            for &fraction in fractions {
                let part = crop_central(cutout.clone(), fraction);
                if self.choice.symmetric {
                    pictures.extend(turns_of(&part));
                } else {
                    pictures.push(part);
                }
            }
        }
        let vectors = self.network.encode(&pictures)?;
        let dim = self.network.spec().dim;
        let turns = pictures.len() / (cutouts.len() * fractions.len()).max(1);
        let turned = means(&vectors, turns, dim);
        Ok(match self.choice.combine {
            // Scale after scale of one object already stand side by side.
            Combine::Concat => turned,
            Combine::Mean => means(&turned, fractions.len(), dim),
        })
    }
}

impl Encoder for Represented {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn blocks(&self) -> Option<&Blocks> {
        self.classical.as_ref().map(|(_, blocks)| blocks)
    }

    fn fit(&self, bytes: u64) -> Result<Option<String>, EncoderError> {
        self.network.fit(bytes)
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        let each = self.choice.fractions().len() * if self.choice.symmetric { 8 } else { 1 };
        let mut out = Vec::with_capacity(cutouts.len() * self.spec.dim);
        for few in cutouts.chunks((PICTURES_AT_ONCE / each).max(1)) {
            let vectors = self.by_network(few)?;
            let Some((classical, blocks)) = &self.classical else {
                out.extend(vectors);
                continue;
            };
            let numbers = classical.encode(few)?;
            let (width, count) = (vectors.len() / few.len(), numbers.len() / few.len());
            for (vector, numbers) in vectors.chunks_exact(width).zip(numbers.chunks_exact(count)) {
                let start = out.len();
                out.extend_from_slice(vector);
                out.extend_from_slice(numbers);
                blocks.scale(&mut out[start..]);
            }
        }
        Ok(out)
    }
}

/// The mean of every `count` vectors that follow each other.
fn means(vectors: &[f32], count: usize, dim: usize) -> Vec<f32> {
    if count <= 1 {
        return vectors.to_vec();
    }
    let mut out = Vec::with_capacity(vectors.len() / count);
    for group in vectors.chunks_exact(count * dim) {
        for j in 0..dim {
            let sum: f64 = (0..count).map(|k| f64::from(group[k * dim + j])).sum();
            out.push((sum / count as f64) as f32);
        }
    }
    out
}
