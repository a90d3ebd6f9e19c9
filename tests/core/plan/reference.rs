//! Networks spelt out in double precision, one loop a sum: slow, short and independent of both
//! the plans and burn. Formulas from the papers named in the plans.

use astrolabel::encoder::plan::vit::Inside;

/// Values without a pattern, about normal, times `scale`; every `seed` others (SplitMix64).
pub fn noise(seed: u64, len: usize, scale: f64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..len)
        .map(|_| ((next() + next() + next() + next() - 2.0) * 1.732 * scale) as f32)
        .collect()
}

/// A layer `[inputs, outputs]` with a bias.
#[derive(Clone)]
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Layer {
    pub fn new(seed: u64, inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            outputs,
            weight: noise(seed, inputs * outputs, 1.0 / (inputs as f64).sqrt()),
            bias: noise(seed + 1, outputs, 0.1),
        }
    }

    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        (0..self.outputs)
            .map(|j| {
                let products = (0..self.inputs).map(|p| x[p] * f64::from(self.weight[p * self.outputs + j]));
                products.sum::<f64>() + f64::from(self.bias[j])
            })
            .collect()
    }
}

/// Scale and shift of a norm.
#[derive(Clone)]
pub struct Scale(pub Vec<f32>, pub Vec<f32>);

impl Scale {
    pub fn new(seed: u64, width: usize) -> Self {
        let scale = noise(seed, width, 0.2).iter().map(|v| 1.0 + v).collect();
        Self(scale, noise(seed + 1, width, 0.2))
    }

    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        let count = x.len() as f64;
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        (x.iter().enumerate())
            .map(|(j, v)| (v - mean) / (variance + 1e-6).sqrt() * f64::from(self.0[j]) + f64::from(self.1[j]))
            .collect()
    }
}

/// The error function by its Taylor series, beyond 3 by the continued fraction of its complement
/// (Abramowitz & Stegun 7.1.5, 7.1.14).
fn erf(x: f64) -> f64 {
    let t = x.abs();
    let value = if t < 3.0 {
        let (mut term, mut sum) = (t, t);
        for n in 1..200 {
            term *= -t * t / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..60).rev().fold(t, |below, k| t + f64::from(k) / 2.0 / below);
        1.0 - (-t * t).exp() / (std::f64::consts::PI.sqrt() * fraction)
    };
    value.copysign(x)
}

pub fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

/// GELU's approximation by a tanh.
fn tanh_gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + (std::f64::consts::FRAC_2_PI.sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
}

fn silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

/// One block of a Vision Transformer.
pub struct Block {
    pub norm1: Scale,
    pub qkv: Layer,
    pub proj: Layer,
    pub norm2: Scale,
    pub fc1: Layer,
    pub fc2: Layer,
}

/// Tokens after one block.
pub fn vit_block(b: &Block, x: &mut [Vec<f64>], heads: usize, inside: Inside, causal: bool) {
    let width = b.proj.inputs;
    let each = width / heads;
    let qkv: Vec<Vec<f64>> = x.iter().map(|t| b.qkv.apply(&b.norm1.apply(t))).collect();
    for (i, token) in x.iter_mut().enumerate() {
        let mut mixed = vec![0.0; width];
        for head in 0..heads {
            let at = head * each;
            let score = |k: &Vec<f64>| {
                let dot: f64 = (0..each).map(|p| qkv[i][at + p] * k[width + at + p]).sum();
                (dot / (each as f64).sqrt()).exp()
            };
            let seen = if causal { &qkv[..=i] } else { &qkv[..] };
            let weights: Vec<f64> = seen.iter().map(score).collect();
            let sum: f64 = weights.iter().sum();
            for (w, v) in weights.iter().zip(&qkv) {
                for p in 0..each {
                    mixed[at + p] += w / sum * v[2 * width + at + p];
                }
            }
        }
        for (t, v) in token.iter_mut().zip(b.proj.apply(&mixed)) {
            *t += v;
        }
        let inner = b.fc1.apply(&b.norm2.apply(token));
        let half = inner.len() / 2;
        let inner: Vec<f64> = match inside {
            Inside::Gated => (0..half).map(|j| silu(inner[j]) * inner[half + j]).collect(),
            Inside::Gelu => inner.into_iter().map(gelu).collect(),
            Inside::TanhGelu => inner.into_iter().map(tanh_gelu).collect(),
        };
        for (t, v) in token.iter_mut().zip(b.fc2.apply(&inner)) {
            *t += v;
        }
    }
}

/// A ConvNeXt's depthwise window of 7×7 with zeros around: `window` is `[49][channels]`.
pub fn depthwise(x: &[Vec<f64>], [height, width]: [usize; 2], window: &[f32], bias: &[f32]) -> Vec<Vec<f64>> {
    let channels = bias.len();
    (0..height * width)
        .map(|pixel| {
            let (y, x0) = (pixel / width, pixel % width);
            (0..channels)
                .map(|c| {
                    let mut sum = f64::from(bias[c]);
                    for tap in 0..49 {
                        let (yy, xx) = (y + tap / 7, x0 + tap % 7);
                        if (3..height + 3).contains(&yy) && (3..width + 3).contains(&xx) {
                            sum += f64::from(window[tap * channels + c]) * x[(yy - 3) * width + xx - 3][c];
                        }
                    }
                    sum
                })
                .collect()
        })
        .collect()
}

/// Squares of `side` pixels as rows, in the order channel, y, x (`by_channel`) or y, x, channel.
pub fn squares(x: &[Vec<f64>], [height, width]: [usize; 2], side: usize, by_channel: bool) -> Vec<Vec<f64>> {
    let (rows, columns, channels) = (height / side, width / side, x[0].len());
    (0..rows * columns)
        .map(|square| {
            let (y, x0) = (square / columns * side, square % columns * side);
            let taps = (0..side * side).map(|t| &x[(y + t / side) * width + x0 + t % side]);
            if by_channel {
                (0..channels)
                    .flat_map(|c| taps.clone().map(move |p| p[c]))
                    .collect()
            } else {
                taps.flatten().copied().collect()
            }
        })
        .collect()
}

/// Planes `[channels, pixels]` as pixels.
pub fn pixels(planes: &[f32], channels: usize) -> Vec<Vec<f64>> {
    let count = planes.len() / channels;
    (0..count)
        .map(|p| (0..channels).map(|c| f64::from(planes[c * count + p])).collect())
        .collect()
}
