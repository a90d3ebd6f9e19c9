//! AION-1's image codec (arXiv:2510.17960): fluxes of up to nine bands to 24 x 24 whole numbers,
//! by a MagViT encoder (Yu et al. 2024, arXiv:2310.05737) and finite scalar quantisation
//! (Mentzer et al. 2023, arXiv:2309.15505).
//!
//! Input are planes that [`preprocess`](crate::encoder::preprocess) has clipped, rescaled and
//! compressed, one for each band the codec knows; a plane of NaN is a band that isn't there.

use super::layers::{Conv, Dense, Layers, Norm, values_of};
use crate::encoder::EncoderError;
use crate::encoder::weights::{WeightsFile, sha256_of_file};
use burn::tensor::activation::{leaky_relu, sigmoid, softmax};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::{Path, PathBuf};

/// ε of the last layer norm.
const NORM_EPSILON: f64 = 1e-5;
/// By how much the quantiser's range is wider than its levels.
const BOUND_EPSILON: f32 = 1e-3;

/// A residual unit with squeeze and excite.
#[derive(Debug, Clone)]
struct Unit {
    first: Conv,
    second: Conv,
    to_key: Conv,
    squeeze: Conv,
    excite: Conv,
}

/// One step of the encoder.
#[derive(Debug, Clone)]
enum Step {
    Unit(Box<Unit>),
    Conv(Conv),
    Norm(Norm),
}

/// The codec's encoding half.
#[derive(Debug, Clone)]
pub(super) struct Codec {
    pub bands: usize,
    device: Device,
    /// `[bands, planes]`.
    project: Dense,
    first: Conv,
    steps: Vec<Step>,
    last: Conv,
    levels: Vec<i64>,
}

impl Codec {
    /// Reads the codec whose names begin with `prefix`.
    pub fn load(file: &mut WeightsFile, prefix: &str) -> Result<Self, EncoderError> {
        let at = |name: &str| format!("{prefix}{name}");
        let need = |name: &str, rank: usize| match file.shape(&at(name)) {
            Some(shape) if shape.len() == rank => Ok(shape.to_vec()),
            Some(found) => {
                Err(file.error(format!("'{}' is {found:?}: expected {rank} dimensions", at(name))))
            }
            None => Err(file.error(format!("misses '{}' of AION's image codec", at(name)))),
        };
        let bands = need("subsample_in.weight", 2)?[1];
        let first_shape = need("model.conv_in.conv.weight", 4)?;
        let last_shape = need("pre_quant_proj.weight", 4)?;
        need("_quantizer.levels", 1)?;
        let levels = file.read_integers(&at("_quantizer.levels"))?;
        if levels.len() != last_shape[0] || levels.iter().any(|l| !(2..=1024).contains(l)) {
            return Err(file.error(format!(
                "'{}' are {levels:?}: expected {} numbers of levels",
                at("_quantizer.levels"),
                last_shape[0]
            )));
        }
        let mut layers = Layers::new(file);
        let project = layers.dense(&at("subsample_in"))?;
        let first = layers.conv(&at("model.conv_in.conv"), 1, first_shape[2] / 2, 1)?;
        let mut steps = Vec::new();
        for layer in 0.. {
            let base = at(&format!("model.encoder_layers.{layer}."));
            let shape = |name: &str| {
                layers
                    .file
                    .shape(&format!("{base}{name}.weight"))
                    .map(<[usize]>::to_vec)
            };
            if shape("net.0.conv").is_some() {
                steps.push(Step::Unit(Box::new(unit(&mut layers, &base)?)));
            } else if let Some(shape) = shape("conv") {
                // Those of 3 px halve, the last one of 7 px doesn't.
                let side = shape.get(2).copied().unwrap_or(1);
                let stride = if side == 3 { 2 } else { 1 };
                steps.push(Step::Conv(layers.conv(
                    &format!("{base}conv"),
                    stride,
                    side / 2,
                    1,
                )?));
            } else if shape("0.net.0.conv").is_some() {
                for inner in 0.. {
                    let base = format!("{base}{inner}.");
                    if layers.file.shape(&format!("{base}net.0.conv.weight")).is_none() {
                        break;
                    }
                    steps.push(Step::Unit(Box::new(unit(&mut layers, &base)?)));
                }
            } else if shape("1").is_some() {
                steps.push(Step::Norm(layers.norm(&format!("{base}1"), NORM_EPSILON)?));
            } else {
                break;
            }
        }
        let last = layers.conv(&at("pre_quant_proj"), 1, 0, 1)?;
        let device = layers.device.clone();
        Ok(Self {
            bands,
            device,
            project,
            first,
            steps,
            last,
            levels,
        })
    }

    /// Codes of images `[batch, bands, height, width]`, a row of `height / 4 * width / 4` each.
    pub fn codes(&self, input: &[f32], [batch, height, width]: [usize; 3]) -> Result<Vec<usize>, String> {
        let area = height * width;
        let mut values = input.to_vec();
        let mut scales = Vec::with_capacity(batch);
        for image in values.chunks_exact_mut(self.bands * area) {
            let mut present = 0;
            for plane in image.chunks_exact_mut(area) {
                if plane.iter().all(|v| v.is_nan()) {
                    plane.fill(0.0);
                } else {
                    present += 1;
                }
            }
            if present == 0 {
                return Err("none of the bands that the network knows is there".into());
            }
            scales.push((self.bands as f32 / present as f32).sqrt());
        }
        let data = TensorData::new(values, [batch, self.bands, height, width]);
        let x = Tensor::<4>::from_data(data, &self.device).permute([0, 2, 3, 1]);
        let scales = TensorData::new(scales, [batch, 1, 1, 1]);
        let x = self.project.forward(x) * Tensor::<4>::from_data(scales, &self.device);
        let mut x = self.first.forward(x.permute([0, 3, 1, 2]));
        for step in &self.steps {
            x = match step {
                Step::Unit(unit) => unit.forward(x),
                Step::Conv(conv) => conv.forward(x),
                Step::Norm(norm) => (norm.forward(x.permute([0, 2, 3, 1]))).permute([0, 3, 1, 2]),
            };
        }
        let z = values_of(self.last.forward(x).permute([0, 2, 3, 1]))?;
        Ok((z.chunks_exact(self.levels.len()))
            .map(|z| code(z, &self.levels))
            .collect())
    }

    /// How many codes there are.
    pub fn vocabulary(&self) -> usize {
        self.levels
            .iter()
            .fold(1usize, |n, &l| n.saturating_mul(l as usize))
    }
}

/// Where the codec of the weights at `weights` is kept beside them.
pub(in crate::encoder) fn codec_beside(weights: &Path) -> PathBuf {
    weights.with_extension("codec.safetensors")
}

/// The codec under `codec.` of `file`, or in a file beside it, whose SHA-256 is then given.
pub(super) fn load_codec(file: &mut WeightsFile) -> Result<(Codec, Option<String>), EncoderError> {
    if file.shape("codec.subsample_in.weight").is_some() {
        return Ok((Codec::load(file, "codec.")?, None));
    }
    let path = file.path().to_path_buf();
    let places = [
        codec_beside(&path),
        path.with_file_name("codecs")
            .join("image")
            .join("model.safetensors"),
    ];
    let Some(found) = places.iter().find(|p| p.is_file()) else {
        return Err(file.error(format!(
            "AION-1 needs its image codec too: put codecs/image/model.safetensors of the same repository at {} or {}",
            places[0].display(),
            places[1].display()
        )));
    };
    let mut beside = WeightsFile::open(found)?.onto(file.device().clone());
    let codec = Codec::load(&mut beside, "")?;
    Ok((codec, Some(sha256_of_file(found)?)))
}

/// The code of one place: every value bounded to its levels, rounded (half to even), and put
/// together as digits.
fn code(z: &[f32], levels: &[i64]) -> usize {
    let (mut code, mut basis) = (0, 1);
    for (&z, &levels) in z.iter().zip(levels) {
        let half = (levels - 1) as f32 * (1.0 + BOUND_EPSILON) / 2.0;
        let offset = if levels % 2 == 1 { 0.0 } else { 0.5 };
        let shift = (offset / half).atanh();
        let digit = ((z + shift).tanh() * half - offset).round_ties_even() as i64 + levels / 2;
        code += digit.clamp(0, levels - 1) as usize * basis;
        basis *= levels as usize;
    }
    code
}

fn unit(layers: &mut Layers<'_>, base: &str) -> Result<Unit, EncoderError> {
    let first = format!("{base}net.0.conv");
    let shape = layers.file.shape(&format!("{first}.weight")).unwrap_or_default();
    let side = shape.get(2).copied().unwrap_or(1);
    Ok(Unit {
        first: layers.conv(&first, 1, side / 2, 1)?,
        second: layers.conv(&format!("{base}net.2"), 1, 0, 1)?,
        to_key: layers.conv(&format!("{base}net.4.to_k"), 1, 0, 1)?,
        squeeze: layers.conv(&format!("{base}net.4.net.0"), 1, 0, 1)?,
        excite: layers.conv(&format!("{base}net.4.net.2"), 1, 0, 1)?,
    })
}

impl Unit {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = elu(self.second.forward(elu(self.first.forward(x.clone()))));
        let [batch, width, rows, columns] = y.dims();
        // Where to look, `[batch, 1, places]`; what is seen there, `[batch, width, 1]`.
        let places = rows * columns;
        let look = softmax(self.to_key.forward(y.clone()).reshape([batch, 1, places]), 2);
        let seen = (y.clone().reshape([batch, width, places])).matmul(look.swap_dims(1, 2));
        let seen = leaky_relu(self.squeeze.forward(seen.reshape([batch, width, 1, 1])), 0.1);
        let gates = sigmoid(self.excite.forward(seen));
        x + y * gates
    }
}

/// ELU with α = 1.
fn elu(x: Tensor<4>) -> Tensor<4> {
    let below = x.clone().clamp_max(0.0).exp() - 1.0;
    x.clamp_min(0.0) + below
}
