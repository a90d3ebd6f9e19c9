//! How a network computes on this machine: which instruction set, in which numbers, and how it is
//! made sure that fewer bits are good enough.
//!
//! Brain floats and bytes are two to three times as fast as single precision, and most networks'
//! vectors hardly notice. Which don't, nobody knows before trying: so every network is tried when
//! it is loaded, on pictures made for it, and the fastest format whose vectors point where those
//! in single precision do is taken. The choice is the same on every start (the pictures are
//! fixed, the arithmetic is exact in its order) and part of the run's manifest.

use super::device::ComputeDevice;
use super::network::{Network, Pooling};
use super::plan::isa::{Isa, Precision};
use super::plan::kernels::Kernels;
use super::plan::team::Team;
use super::preprocess::Preprocessing;
use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::{Cutout, CutoutFlags};

/// Least median cosine between vectors of the self-check and those in single precision.
pub const MEDIAN_COSINE: f64 = 0.999;
/// Least cosine of any of them.
pub const WORST_COSINE: f64 = 0.995;

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Computation {
    /// Take this format, checked or not; `None` for the fastest that passes.
    pub precision: Option<Precision>,
    /// Take this instruction set; `None` for the best there is.
    pub isa: Option<Isa>,
    /// Take the generic path even where there is a plan.
    pub generic: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chosen {
    /// The instruction set of the plan; `None` for the generic path.
    pub isa: Option<Isa>,
    /// The numbers; single precision on the generic path.
    pub precision: Option<Precision>,
    /// Every format that was tried, fastest first.
    pub tried: Vec<Trial>,
    /// Who computes.
    pub device: ComputeDevice,
}

/// How one format did against single precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// The format.
    pub precision: Precision,
    /// Median cosine.
    pub median: f64,
    /// Least cosine.
    pub worst: f64,
}

impl Trial {
    /// Whether it is good enough.
    pub fn passes(&self) -> bool {
        self.median >= MEDIAN_COSINE && self.worst >= WORST_COSINE
    }
}

impl Chosen {
    /// For people: `AVX-512, int8 (cosine to f32 0.9997, worst 0.9995)`.
    pub fn sentence(&self) -> String {
        let precision = self.precision.unwrap_or(Precision::F32);
        let how = match self.device.card() {
            Some(card) => card.words(),
            None => self.isa.map_or("generic", Isa::name).to_string(),
        };
        match self.tried.iter().find(|t| t.precision == precision) {
            Some(t) => format!(
                "{how}, {} (cosine to f32 {:.4}, worst {:.4})",
                precision.name(),
                t.median,
                t.worst
            ),
            None => format!("{how}, {}", precision.name()),
        }
    }
}

/// How the vectors that are compared are made.
pub(super) struct Use<'a> {
    /// The contract that the pictures go through.
    pub preprocessing: &'a Preprocessing,
    /// As [`Network::embed`] takes it.
    pub block: Option<usize>,
    /// As [`Network::embed`] takes it.
    pub pooling: Pooling,
}

/// Compiles `network` as asked, on `team`'s cores where something is tried.
///
/// # Errors
/// A sentence if something was asked for that this processor or network doesn't have.
pub(super) fn compile(
    mut network: Box<dyn Network>,
    wanted: Computation,
    team: &Team,
    how: &Use<'_>,
) -> Result<(Box<dyn Network>, Chosen), String> {
    let generic = |network, wanted: Computation| match wanted.precision {
        None | Some(Precision::F32) => Ok((network, Chosen::default())),
        Some(other) => Err(format!(
            "{} is not to be had here: on this processor the network computes in f32 only",
            other.name()
        )),
    };
    let isa = wanted.isa.or_else(Isa::best);
    let Some(isa) = isa.filter(|_| !wanted.generic) else {
        return generic(network, wanted);
    };
    let Some(kernels) = Kernels::of(isa) else {
        return Err(format!("this processor has no {}", isa.name()));
    };
    if let Some(precision) = wanted.precision.filter(|p| !kernels.has(*p)) {
        let known: Vec<&str> = isa.precisions().iter().map(|p| p.name()).collect();
        return Err(format!(
            "{} is not to be had with {} on this processor: it has {}",
            precision.name(),
            isa.name(),
            known.join(", ")
        ));
    }
    if !network.compile(kernels)? {
        return generic(network, wanted);
    }
    let mut chosen = Chosen {
        isa: Some(isa),
        precision: Some(wanted.precision.unwrap_or(Precision::F32)),
        ..Chosen::default()
    };
    match wanted.precision {
        Some(Precision::F32) => return Ok((network, chosen)),
        Some(other) => {
            let network = network.converted(other).ok_or("the network can't be converted")?;
            return Ok((network, chosen));
        }
        None => {}
    }
    let mut exact = None;
    for precision in network
        .precisions(isa)
        .into_iter()
        .rev()
        .filter(|p| *p != Precision::F32)
    {
        let Some(candidate) = network.converted(precision) else {
            break;
        };
        let exact = match &exact {
            Some(vectors) => vectors,
            None => exact.insert(check_vectors(network.as_ref(), team, how)?),
        };
        let trial = compare(precision, exact, &check_vectors(candidate.as_ref(), team, how)?);
        chosen.tried.push(trial);
        if trial.passes() {
            chosen.precision = Some(precision);
            return Ok((candidate, chosen));
        }
    }
    Ok((network, chosen))
}

/// Vectors of the check's pictures.
fn check_vectors(network: &dyn Network, team: &Team, how: &Use<'_>) -> Result<Vec<Vec<f32>>, String> {
    let side = how.preprocessing.image_px;
    // About three seconds of a slow core's work, whatever the network's size.
    let each = network.flops(side, how.block).unwrap_or(0).max(1);
    let count = (200_000_000_000 / each).clamp(2, 8) as usize;
    let dim = network.dim(how.block, how.pooling)?;
    // Nanomaggies of a galaxy are a few; a stretch doesn't mind what counts are worth.
    let usual = ["g", "r", "z"].map(String::from);
    let (unit, bands) = match &how.preprocessing.fluxes {
        Some(fluxes) => (0.01, fluxes.bands.as_slice()),
        None => (1.0, usual.as_slice()),
    };
    let image = network.channels() * side * side;
    let mut input = vec![0.0f32; count * image];
    for (i, planes) in input.chunks_exact_mut(image).enumerate() {
        how.preprocessing.apply(&picture(i, unit, bands), planes)?;
    }
    let mut out = vec![0.0f32; count * dim];
    network.embed_on(
        team,
        &input,
        [count, side, side],
        how.block,
        how.pooling,
        &mut out,
    )?;
    Ok(out.chunks_exact(dim).map(<[f32]>::to_vec).collect())
}

/// Cosines of pairs of vectors.
fn compare(precision: Precision, exact: &[Vec<f32>], rough: &[Vec<f32>]) -> Trial {
    let mut cosines: Vec<f64> = exact.iter().zip(rough).map(|(a, b)| cosine(a, b)).collect();
    cosines.sort_by(f64::total_cmp);
    Trial {
        precision,
        median: cosines
            .get((cosines.len().max(1) - 1) / 2)
            .copied()
            .unwrap_or(0.0),
        worst: cosines.first().copied().unwrap_or(0.0),
    }
}

/// The cosine of two vectors; 0 where one has no direction or isn't finite.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0f64, 0.0f64, 0.0f64);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let cosine = ab / (aa * bb).sqrt();
    if cosine.is_finite() { cosine } else { 0.0 }
}

/// A galaxy of sorts in the bands `names`: a disc with arms, a bulge, a neighbour, noise. Every `seed`
/// another, and always the same; about 250 units bright.
fn picture(seed: usize, unit: f32, names: &[String]) -> Cutout {
    const SIDE: usize = 96;
    let s = seed as f32;
    let mut state = 0x9E37_79B9u32.wrapping_mul(seed as u32 + 1);
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5
    };
    let (angle, flat, size) = (0.7 * s, 0.35 + 0.08 * s, 7.0 + 2.0 * (s % 4.0));
    let bands = (0..names.len()).map(|band| {
        let colour = 1.0 + 0.4 * band as f32 * ((s * 0.9).sin() + 0.3);
        let pixels = (0..SIDE * SIDE).map(|i| {
            let (x, y) = ((i % SIDE) as f32 - 48.0, (i / SIDE) as f32 - 47.0);
            let (u, v) = (
                x * angle.cos() + y * angle.sin(),
                y * angle.cos() - x * angle.sin(),
            );
            let r = (u * u + (v / flat).powi(2)).sqrt();
            let arms = 1.0 + 0.6 * (2.0 * v.atan2(u) + r * (0.25 + 0.02 * s)).cos();
            let disc = colour * arms * (-r / size).exp();
            let bulge = 1.5 * (-(x * x + y * y) / (8.0 + s)).exp();
            let other = 0.8 * (-((x - 20.0 - s).powi(2) + (y + 15.0 - 3.0 * s).powi(2)) / 12.0).exp();
            unit * (100.0 * (disc + bulge + other) + 12.0 * noise())
        });
        Plane::from_pixels(SIDE, SIDE, pixels.collect())
    });
    Cutout {
        bands: bands.collect(),
        band_names: names.to_vec(),
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: None,
        flags: CutoutFlags(0),
    }
}
