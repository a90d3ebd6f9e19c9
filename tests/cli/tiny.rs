//! A tiny Vision Transformer with random weights, made in the test.

use rand::{Rng, SeedableRng};
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;

/// Width of its tokens.
pub const WIDTH: usize = 64;
/// Side of its images: 4 × 4 patches of 7 px.
pub const SIDE: usize = 28;

/// Writes the weights of a network of two blocks under timm's names.
pub fn write(path: &Path, seed: u64) {
    let (w, hidden) = (WIDTH, 2 * WIDTH);
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("cls_token".into(), vec![1, 1, w]),
        ("pos_embed".into(), vec![1, 17, w]),
        ("patch_embed.proj.weight".into(), vec![w, 3, 7, 7]),
        ("patch_embed.proj.bias".into(), vec![w]),
        ("norm.weight".into(), vec![w]),
        ("norm.bias".into(), vec![w]),
    ];
    for block in 0..2 {
        for (name, rows, columns) in [
            ("attn.qkv", 3 * w, w),
            ("attn.proj", w, w),
            ("mlp.fc1", hidden, w),
            ("mlp.fc2", w, hidden),
        ] {
            shapes.push((format!("blocks.{block}.{name}.weight"), vec![rows, columns]));
            shapes.push((format!("blocks.{block}.{name}.bias"), vec![rows]));
        }
        for name in ["norm1", "norm2"] {
            shapes.push((format!("blocks.{block}.{name}.weight"), vec![w]));
            shapes.push((format!("blocks.{block}.{name}.bias"), vec![w]));
        }
    }
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let bytes: Vec<Vec<u8>> = shapes
        .iter()
        .map(|(name, shape)| {
            let is_scale = name.contains("norm") && name.ends_with("weight");
            (0..shape.iter().product::<usize>())
                .flat_map(|_| {
                    let noise: f32 = rng.random_range(-0.15..0.15);
                    (noise + f32::from(u8::from(is_scale))).to_le_bytes()
                })
                .collect()
        })
        .collect();
    let views = shapes.iter().zip(&bytes).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Its description, with further lines before the contract.
pub fn description(name: &str, lines: &str) -> String {
    format!(
        "name = \"{name}\"\narchitecture = \"vit\"\ntitle = \"Tiny\"\nlicence = \"MIT\"\nsize = \"tiny\"\n\
         pooling = \"cls\"\n{lines}\n\
         [preprocessing]\nimage_px = {SIDE}\nmean = [0.5, 0.5, 0.5]\nstd = [0.2, 0.2, 0.2]\n\
         resample = \"antialiased_bilinear\"\n\
         [preprocessing.flux_stretch]\nlow_percentile = 0.5\nhigh_percentile = 99.7\nasinh_softening = 0.1\n"
    )
}
