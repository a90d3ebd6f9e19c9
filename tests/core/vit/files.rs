//! Files for the Vision Transformer's tests: golden cases, weights made from seeds, npz.

use crate::support;
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// How a tensor is made: `shift + noise * scale`, as in make_vit.py.
#[derive(Debug, Clone, Deserialize)]
pub struct Spec {
    pub shape: Vec<usize>,
    pub seed: u64,
    pub first: u64,
    pub scale: f64,
    pub shift: f64,
}

impl Spec {
    /// Values by SplitMix64 (Steele, Lea & Flood 2014).
    pub fn values(&self) -> Vec<f32> {
        let count: usize = self.shape.iter().product();
        (0..count as u64)
            .map(|i| {
                let step = (self.first + i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let mut z = self.seed.wrapping_add(step);
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                z ^= z >> 31;
                (self.shift + ((z >> 57) as f64 - 64.0) * self.scale) as f32
            })
            .collect()
    }
}

/// One network of cases.json.
#[derive(Debug, Clone, Deserialize)]
pub struct Golden {
    pub name: String,
    pub family: serde_json::Value,
    pub input: Spec,
    pub block: Option<usize>,
    #[serde(deserialize_with = "in_order")]
    pub tensors: Vec<(String, Spec)>,
    pub config: serde_json::Value,
}

fn in_order<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<(String, Spec)>, D::Error> {
    Ok(BTreeMap::<String, Spec>::deserialize(d)?.into_iter().collect())
}

/// The cases, and the tensors of expected.safetensors.
pub fn golden_cases() -> (Vec<Golden>, HashMap<String, Vec<f32>>) {
    let text = std::fs::read_to_string(support::golden("vit/cases.json")).unwrap();
    let mut all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = serde_json::from_value(all["vit"].take()).unwrap();
    let expected = tensors_of(&support::golden("vit/expected.safetensors"));
    (cases, expected)
}

/// All f32 tensors of a file, by the safetensors crate's own reader.
pub fn tensors_of(path: &Path) -> HashMap<String, Vec<f32>> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    (file.iter())
        .map(|(name, view)| {
            assert_eq!(view.dtype(), Dtype::F32);
            let values = view.data().chunks_exact(4);
            let values = values.map(|b| f32::from_le_bytes(b.try_into().unwrap()));
            (name.to_string(), values.collect())
        })
        .collect()
}

/// Writes tensors as F32.
pub fn write(path: &Path, tensors: &[(String, Spec)]) {
    write_as(path, tensors, Dtype::F32);
}

/// Writes tensors in another type.
pub fn write_as(path: &Path, tensors: &[(String, Spec)], dtype: Dtype) {
    let bytes: Vec<Vec<u8>> = (tensors.iter())
        .map(|(_, spec)| {
            let values = spec.values().into_iter();
            match dtype {
                Dtype::F16 => values.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect(),
                Dtype::BF16 => values.flat_map(|v| bf16::from_f32(v).to_le_bytes()).collect(),
                Dtype::F64 => values.flat_map(|v| f64::from(v).to_le_bytes()).collect(),
                _ => values.flat_map(f32::to_le_bytes).collect(),
            }
        })
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, spec), bytes)| {
        let view = TensorView::new(dtype, spec.shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// The largest difference of two equally long slices.
pub fn max_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    // NaN must not pass for small.
    differences.fold(0.0, |m, d| if d <= m { m } else { d })
}

/// The f32 arrays of a file of `numpy.savez` (stored, not compressed) with their shapes.
pub fn npz(path: &Path) -> HashMap<String, (Vec<usize>, Vec<f32>)> {
    let bytes = std::fs::read(path).unwrap();
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()) as usize;
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let (count, mut at) = (u16_at(end + 10), u32_at(end + 16));
    let mut arrays = HashMap::new();
    for _ in 0..count {
        assert_eq!(u16_at(at + 10), 0, "not compressed");
        let (name_len, size, local) = (u16_at(at + 28), u32_at(at + 24), u32_at(at + 42));
        let name = std::str::from_utf8(&bytes[at + 46..at + 46 + name_len]).unwrap();
        let start = local + 30 + u16_at(local + 26) + u16_at(local + 28);
        arrays.insert(
            name.trim_end_matches(".npy").to_string(),
            npy(&bytes[start..start + size]),
        );
        at += 46 + name_len + u16_at(at + 30) + u16_at(at + 32);
    }
    arrays
}

/// A little-endian f32 array in C order (numpy format 1.0).
fn npy(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let header_len = u16::from_le_bytes(bytes[8..10].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[10..10 + header_len]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("False"), "{header}");
    let shape = header.split('(').nth(1).unwrap().split(')').next().unwrap();
    let shape = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let values = bytes[10 + header_len..].chunks_exact(4);
    let values = values.map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    (shape, values.collect())
}

/// A cutout without flaws, top row first.
pub fn cutout_of(bands: Vec<Plane>, is_picture: bool) -> Cutout {
    Cutout {
        band_names: vec!["b".into(); bands.len()],
        bands,
        origin: Origin::TopLeft,
        is_picture,
        pixel_scale_arcsec: None,
        flags: CutoutFlags(0),
    }
}
