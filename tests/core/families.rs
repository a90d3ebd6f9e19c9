//! Every published family against its reference: tiny networks that the reference implementation
//! saved, with what it made of seeded inputs (`tests/golden/FAMILY/make_*.py`).

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod aion;
mod astroclip;
mod astropt;
#[cfg(feature = "gpu")]
pub mod card;
mod checkpoint;
mod contracts;
mod convnext;
mod efficientnet;
mod wholepath;

use crate::support;
use crate::vit::files::Spec;
use astrolabel::encoder::computation::cosine;
use astrolabel::encoder::model::open::open_network;
use astrolabel::encoder::network::{Network, Pooling};
use astrolabel::encoder::plan::isa::Isa;
use astrolabel::encoder::plan::kernels::Kernels;
use astrolabel::encoder::plan::team::Team;
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Issue 4's bound in single precision.
const TOLERANCE: f32 = 1e-4;

/// Shape and values of every tensor of a file, by the safetensors crate's own reader.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn tensors(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let read = |view: &safetensors::tensor::TensorView<'_>| match view.dtype() {
        Dtype::F32 => (view.data().as_chunks().0.iter())
            .map(|&b| f32::from_le_bytes(b))
            .collect(),
        Dtype::F16 => (view.data().as_chunks().0.iter())
            .map(|&b| f16::from_le_bytes(b).to_f32())
            .collect(),
        other => panic!("{other:?} in a golden file"),
    };
    (file.iter())
        .map(|(name, view)| (name.to_string(), (view.shape().to_vec(), read(&view))))
        .collect()
}

fn golden(family: &str, name: &str) -> PathBuf {
    support::golden(&format!("{family}/{name}.safetensors"))
}

/// The largest difference of two equally long slices; NaN is never small.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let all = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    all.fold(0.0, |m, d| if d <= m { m } else { d })
}

/// The vectors of golden images `[batch, channels, height, width]`.
fn vectors(
    network: &dyn Network,
    (shape, values): &(Vec<usize>, Vec<f32>),
    block: Option<usize>,
    pooling: Pooling,
) -> Vec<f32> {
    let [batch, channels, height, width] = shape[..] else {
        panic!("images have four dimensions")
    };
    assert_eq!(channels, network.channels());
    let mut out = vec![0.0; batch * network.dim(block, pooling).unwrap()];
    network
        .embed(values, [batch, height, width], block, pooling, &mut out)
        .unwrap();
    out
}

/// Holds `found` against `NAME.output`, and every `NAME.mistake.*` away from it.
fn hold(expected: &Tensors, name: &str, found: &[f32]) {
    let worst = difference(found, &expected[&format!("{name}.output")].1);
    println!("{name}: off by {worst:e}");
    assert!(worst <= TOLERANCE, "{name}: off by {worst:e}");
    let start = format!("{name}.mistake.");
    let mistakes = expected.iter().filter(|(k, _)| k.starts_with(&start));
    for (mistake, (_, values)) in mistakes {
        let apart = difference(found, values);
        assert!(
            apart > 2.0 * TOLERANCE,
            "{mistake} would pass: only {apart:e} apart"
        );
    }
}

/// Weights and inputs from seeds (`tests/golden/seeded.py`).
#[derive(Deserialize)]
struct Seeded {
    tensors: BTreeMap<String, Spec>,
    inputs: BTreeMap<String, Spec>,
}

fn seeded(family: &str, name: &str) -> Seeded {
    let text = std::fs::read_to_string(support::golden(&format!("{family}/{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Seeded {
    /// An input with its shape.
    fn input(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let spec = &self.inputs[name];
        (spec.shape.clone(), spec.values())
    }

    /// Writes the weights, with tensors of whole numbers beside them.
    fn write(&self, path: &Path, integers: &[(&str, &[i32])]) {
        let mut all: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = (self.tensors.iter())
            .map(|(name, spec)| {
                let bytes = spec.values().iter().flat_map(|v| v.to_le_bytes()).collect();
                (name.as_str(), Dtype::F32, spec.shape.clone(), bytes)
            })
            .collect();
        for (name, values) in integers {
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            all.push((name, Dtype::I32, vec![values.len()], bytes));
        }
        let views = (all.iter()).map(|(name, dtype, shape, bytes)| {
            (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    /// The network that the weights make.
    fn network(&self, integers: &[(&str, &[i32])]) -> Box<dyn Network> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seeded.safetensors");
        self.write(&path, integers);
        open_network(&path).unwrap()
    }
}

/// Compiled for every instruction set, a network's vectors are the reference's `NAME.output` and those of burn's path,
/// alone or shared between cores, and with fewer bits they point where those do.
fn compiled(family: &str, name: &str, output: &str, block: Option<usize>) {
    let expected = tensors(&golden(family, "expected"));
    let file = seeded(family, name);
    let (shape, images) = file.input("image");
    let (shape, pooling) = ([shape[0], shape[2], shape[3]], Pooling::MeanPatches);
    let generic = vectors(file.network(&[]).as_ref(), &file.input("image"), block, pooling);
    if Isa::available().is_empty() {
        eprintln!("skipped: no kernels for this processor");
    }
    for isa in Isa::available() {
        let mut network = file.network(&[]);
        assert_eq!(network.flops(shape[1], block), None);
        assert!(network.compile(Kernels::of(isa).unwrap()).unwrap());
        assert!(network.flops(shape[1], block).unwrap() > 0);
        let found = vectors(network.as_ref(), &file.input("image"), block, pooling);
        hold(&expected, output, &found);
        for lanes in [2, 3] {
            let mut shared = vec![0.0; generic.len()];
            let team = Team::new(lanes).unwrap();
            (network.embed_on(&team, &images, shape, block, pooling, &mut shared)).unwrap();
            assert!(difference(&shared, &generic) <= 1e-5, "{}", isa.name());
            assert!(found == shared, "{}: depends on the cores", isa.name());
        }
        for precision in isa.precisions().into_iter().skip(1) {
            let rough = network.converted(precision).unwrap();
            let rough = vectors(rough.as_ref(), &file.input("image"), block, pooling);
            assert_ne!(rough, generic, "{precision:?} was not used");
            let cosine = cosine(&rough, &generic);
            assert!(cosine > 0.999, "{precision:?}: cosine {cosine}");
        }
    }
}
