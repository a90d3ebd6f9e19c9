//! Plans against networks spelt out in double precision, on shapes that fill no tile, in every
//! instruction set and number format that this processor has; and against burn's path.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod choice;
mod reference;

use astrolabel::encoder::computation::cosine;
use astrolabel::encoder::plan::convnext::{ConvNextBlock, ConvNextPlan, ConvNextStage, Window};
use astrolabel::encoder::plan::isa::{Isa, Precision};
use astrolabel::encoder::plan::kernels::Kernels;
use astrolabel::encoder::plan::matrix::Matrix;
use astrolabel::encoder::plan::pool::Pool;
use astrolabel::encoder::plan::team::Team;
use astrolabel::encoder::plan::vit::{Inside, Norm, VitBlock, VitPlan};
use reference::{Block, Layer, Scale, depthwise, noise, pixels, squares, vit_block};
use std::sync::Arc;

/// Against double precision, relative to the largest value.
const TOLERANCE: f64 = 1e-5;

/// Every table of kernels there is, with every format it has.
fn kernels() -> Vec<(&'static Kernels, Precision)> {
    let all: Vec<_> = (Isa::available().into_iter())
        .flat_map(|isa| {
            isa.precisions()
                .into_iter()
                .map(move |p| (Kernels::of(isa).unwrap(), p))
        })
        .collect();
    if all.is_empty() {
        eprintln!("skipped: no kernels for this processor");
    }
    all
}

fn pack(k: &Kernels, precision: Precision, layer: &Layer) -> Matrix {
    let shape = [layer.inputs, layer.outputs];
    Matrix::pack(k, precision, shape, &layer.weight, &layer.bias)
}

fn norm(scale: &Scale) -> Norm {
    Norm {
        weight: scale.0.clone(),
        bias: scale.1.clone(),
    }
}

/// Fails unless `got` is `want` as exactly as `precision` allows.
fn compare(what: &str, precision: Precision, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let worst = (got.iter().zip(want)).fold(0.0f64, |m, (g, w)| m.max((f64::from(*g) - w).abs()));
    let rough: Vec<f32> = want.iter().map(|v| *v as f32).collect();
    let cosine = cosine(got, &rough);
    match precision {
        Precision::F32 => assert!(
            worst <= TOLERANCE * largest,
            "{what}: off by {:e}",
            worst / largest
        ),
        Precision::Bf16 => assert!(cosine > 0.9998, "{what}: cosine {cosine}"),
        Precision::Int8 => assert!(cosine > 0.9995, "{what}: cosine {cosine}"),
    }
}

/// Heads, their width, width inside the feed-forward layers, leading tokens, image, what is inside,
/// whether tokens see only those before them.
type VitCase = (usize, usize, usize, usize, [usize; 2], Inside, bool);
const VITS: [VitCase; 7] = [
    (2, 24, 70, 1, [21, 35], Inside::Gelu, false),
    (1, 40, 100, 5, [42, 14], Inside::Gated, false),
    (3, 64, 200, 1, [56, 63], Inside::Gelu, false),
    (1, 88, 33, 0, [7, 7], Inside::Gelu, false),
    (2, 50, 260, 2, [49, 42], Inside::Gated, false),
    (2, 64, 128, 0, [49, 56], Inside::TanhGelu, true),
    (1, 24, 70, 3, [35, 21], Inside::Gated, true),
];

#[test]
fn vision_transformers_of_any_shape_are_computed_exactly() {
    for (number, (heads, each, wide, leading, [height, width], inside, causal)) in
        VITS.into_iter().enumerate()
    {
        let (dim, side, seed) = (heads * each, 7, 1000 * number as u64);
        let patches = Layer {
            bias: vec![0.0; dim],
            ..Layer::new(seed, 3 * side * side, dim)
        };
        let blocks: Vec<Block> = (0..2)
            .map(|b| {
                let seed = seed + 100 * (b + 1);
                Block {
                    norm1: Scale::new(seed, dim),
                    qkv: Layer::new(seed + 2, dim, 3 * dim),
                    proj: Layer::new(seed + 4, dim, dim),
                    norm2: Scale::new(seed + 6, dim),
                    fc1: Layer::new(
                        seed + 8,
                        dim,
                        if inside == Inside::Gated { 2 * wide } else { wide },
                    ),
                    fc2: Layer::new(seed + 10, wide, dim),
                }
            })
            .collect();
        let last = Scale::new(seed + 50, dim);
        let count = leading + height / side * (width / side);
        let table = noise(seed + 60, count * dim, 0.5);
        let batch = 3;
        let input = noise(seed + 70, batch * 3 * height * width, 1.0);
        let mut want = Vec::new();
        for planes in input.chunks_exact(3 * height * width) {
            let mut tokens: Vec<Vec<f64>> = (table.chunks_exact(dim))
                .map(|t| t.iter().map(|v| f64::from(*v)).collect())
                .collect();
            let cut = squares(&pixels(planes, 3), [height, width], side, true);
            for (token, patch) in tokens[leading..].iter_mut().zip(cut) {
                token
                    .iter_mut()
                    .zip(patches.apply(&patch))
                    .for_each(|(t, v)| *t += v);
            }
            for block in &blocks {
                vit_block(block, &mut tokens, heads, inside, causal);
            }
            want.extend(tokens.iter().flat_map(|t| last.apply(t)));
        }
        for (k, precision) in kernels() {
            let exact = VitPlan {
                kernels: k,
                precision: Precision::F32,
                heads,
                patch_px: side,
                channels: 3,
                epsilon: 1e-6,
                inside,
                causal,
                patches: pack(k, Precision::F32, &patches),
                blocks: (blocks.iter())
                    .map(|b| VitBlock {
                        norm1: norm(&b.norm1),
                        qkv: pack(k, Precision::F32, &b.qkv),
                        proj: pack(k, Precision::F32, &b.proj),
                        norm2: norm(&b.norm2),
                        fc1: pack(k, Precision::F32, &b.fc1),
                        fc2: pack(k, Precision::F32, &b.fc2),
                    })
                    .collect(),
                norm: norm(&last),
                memory: Pool::default(),
            };
            let plan = exact.converted(precision);
            let mut first = Vec::new();
            // Alone, an image each and one shared, all shared.
            for lanes in [1, 2, 4] {
                let team = Team::new(lanes).unwrap();
                let mut out = vec![0.0; want.len()];
                let size = [batch, height, width];
                plan.tokens(&team, &input, size, &table, (2, true), &mut out);
                let what = format!("{} {precision:?} case {number} on {lanes}", k.isa.name());
                compare(&what, precision, &out, &want);
                // Bit for bit the same, whoever computes it.
                assert!(first.is_empty() || first == out, "{what}: depends on the cores");
                first = out;
            }
            // A table an image, and without the last norm.
            let (one, size) = (Team::one(), [batch, height, width]);
            let mut out = vec![0.0; want.len()];
            let tables = table.repeat(batch);
            plan.tokens(&one, &input, size, &tables, (2, true), &mut out);
            assert!(first == out, "case {number}: depends on how the table is given");
            plan.tokens(&one, &input, size, &table, (2, false), &mut out);
            for (raw, normed) in out.chunks_exact(dim).zip(first.chunks_exact(dim)) {
                let raw: Vec<f64> = raw.iter().map(|v| f64::from(*v)).collect();
                compare("the last norm", Precision::F32, normed, &last.apply(&raw));
            }
        }
    }
}

/// Channels of the image, of two stages, and the image.
const CONVNEXTS: [(usize, [usize; 2], [usize; 2]); 4] = [
    (1, [20, 40], [36, 61]),
    (3, [80, 100], [24, 40]),
    (3, [16, 33], [8, 8]),
    (5, [100, 200], [33, 70]),
];

#[test]
fn convnexts_of_any_shape_are_computed_exactly() {
    for (number, (channels, dims, [height, width])) in CONVNEXTS.into_iter().enumerate() {
        let seed = 10_000 + 1000 * number as u64;
        let stem = Layer::new(seed, 16 * channels, dims[0]);
        let (stem_norm, head) = (Scale::new(seed + 2, dims[0]), Scale::new(seed + 4, dims[1]));
        let between = Scale::new(seed + 6, dims[0]);
        let shrink = Layer::new(seed + 8, 4 * dims[0], dims[1]);
        let blocks: Vec<_> = (dims.iter().enumerate())
            .map(|(i, &c)| {
                let seed = seed + 100 * (i as u64 + 1);
                let (window, bias) = (noise(seed, 49 * c, 0.14), noise(seed + 1, c, 0.1));
                let layers = (Layer::new(seed + 4, c, 4 * c), Layer::new(seed + 6, 4 * c, c));
                (window, bias, Scale::new(seed + 2, c), layers)
            })
            .collect();
        let batch = 3;
        let input = noise(seed + 70, batch * channels * height * width, 1.0);
        let mut want = Vec::new();
        for planes in input.chunks_exact(channels * height * width) {
            let mut size = [height / 4, width / 4];
            let cut = squares(&pixels(planes, channels), [height, width], 4, true);
            let mut x: Vec<_> = cut.iter().map(|p| stem_norm.apply(&stem.apply(p))).collect();
            for (i, (window, bias, scale, (fc1, fc2))) in blocks.iter().enumerate() {
                if i > 0 {
                    let normed: Vec<_> = x.iter().map(|p| between.apply(p)).collect();
                    x = squares(&normed, size, 2, false)
                        .iter()
                        .map(|p| shrink.apply(p))
                        .collect();
                    size = size.map(|s| s / 2);
                }
                let convolved = depthwise(&x, size, window, bias);
                for (pixel, c) in x.iter_mut().zip(convolved) {
                    let inner = fc1.apply(&scale.apply(&c)).into_iter().map(reference::gelu);
                    let back = fc2.apply(&inner.collect::<Vec<_>>());
                    pixel.iter_mut().zip(back).for_each(|(p, v)| *p += v);
                }
            }
            let mean = |c: usize| x.iter().map(|p| p[c]).sum::<f64>() / x.len() as f64;
            want.extend(head.apply(&(0..dims[1]).map(mean).collect::<Vec<_>>()));
        }
        for (k, precision) in kernels() {
            let exact = Precision::F32;
            let stages = blocks
                .iter()
                .enumerate()
                .map(|(i, (window, bias, scale, (fc1, fc2)))| {
                    // `[channels, taps]`, as networks keep them.
                    let c = bias.len();
                    let turned: Vec<f32> = (0..49 * c).map(|i| window[i % 49 * c + i / 49]).collect();
                    ConvNextStage {
                        shrink: (i > 0).then(|| (norm(&between), pack(k, exact, &shrink))),
                        blocks: vec![ConvNextBlock {
                            depthwise: Arc::new(Window::pack([7, 1], false, &turned, bias)),
                            norm: norm(scale),
                            fc1: pack(k, exact, fc1),
                            fc2: pack(k, exact, fc2),
                        }],
                    }
                });
            let plan = ConvNextPlan {
                kernels: k,
                precision: exact,
                channels,
                stem_px: 4,
                epsilon: 1e-6,
                stem: pack(k, exact, &stem),
                stem_norm: norm(&stem_norm),
                stages: stages.collect(),
                norm: norm(&head),
                memory: Pool::default(),
            };
            let plan = plan.converted(precision);
            let mut first = Vec::new();
            for lanes in [1, 2, 4] {
                let team = Team::new(lanes).unwrap();
                let mut out = vec![0.0; want.len()];
                plan.pooled(&team, &input, [batch, height, width], 2, &mut out);
                let what = format!("{} {precision:?} case {number} on {lanes}", k.isa.name());
                compare(&what, precision, &out, &want);
                assert!(first.is_empty() || first == out, "{what}: depends on the cores");
                first = out;
            }
        }
    }
}
