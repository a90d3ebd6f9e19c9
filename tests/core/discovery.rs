//! Vectors to answers against scikit-learn and umap-learn on scikit-learn's digits
//! (`tests/golden/discovery/make_discovery.py`), and against what the room promises: missing
//! rows never win, the same seed gives the same answer, half precision changes little.

mod anomaly;
mod fewshot;
mod projection;
mod real_galaxies;
mod search;
mod shared_parts;
mod standardize;

use crate::support::golden;
use astrolabel::discovery::anomaly::*;
use astrolabel::discovery::fewshot::*;
use astrolabel::discovery::projection::*;
use astrolabel::discovery::search::*;
use astrolabel::discovery::{Chunk, DiscoveryError, Features, Matrix, Part, Standardizer, Vectors};
use astrolabel::discovery::{metrics, neighbours};
use astrolabel::progress::{Progress, Silent};
use half::f16;
use serde_json::Value;
use std::fs;

const DIM: usize = 64;

/// The digits' pixels and classes.
fn digits() -> (Vec<f32>, Vec<usize>) {
    let pixels = fs::read(golden("discovery/digits.bin")).expect("golden digits");
    let labels = fs::read(golden("discovery/digits_labels.bin")).expect("golden labels");
    (
        pixels.iter().map(|&v| f32::from(v)).collect(),
        labels.iter().map(|&v| usize::from(v)).collect(),
    )
}

fn oracle() -> Value {
    let text = fs::read_to_string(golden("discovery/golden.json")).expect("golden values");
    serde_json::from_str(&text).expect("golden values are JSON")
}

fn numbers(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(a) => a.iter().flat_map(numbers).collect(),
        Value::Number(n) => vec![n.as_f64().expect("a number")],
        Value::Bool(b) => vec![f64::from(u8::from(*b))],
        _ => panic!("no number in {v}"),
    }
}

fn integers(v: &Value) -> Vec<usize> {
    numbers(v).into_iter().map(|n| n as usize).collect()
}

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|&v| f16::from_f32(v)).collect()
}

fn standardized(vectors: Vectors<'_>) -> Features<'_> {
    let s = Standardizer::fit(&vectors, &Silent).expect("standardise");
    Features::single(vectors, s).expect("features")
}

/// Largest absolute difference, with the place it occurs at in the message.
fn assert_close(what: &str, got: impl IntoIterator<Item = f64>, wanted: &[f64], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), wanted.len(), "{what}: length");
    let (mut worst, mut at) = (0.0, 0);
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        let difference = (g - w).abs();
        assert!(!difference.is_nan(), "{what}: NaN at {i}");
        if difference > worst {
            (worst, at) = (difference, i);
        }
    }
    eprintln!("{what}: largest difference {worst:.2e}");
    assert!(
        worst <= tolerance,
        "{what}: {worst:.2e} at {at}: {} instead of {}, tolerance {tolerance:.0e}",
        got[at],
        wanted[at]
    );
}

fn as_f64(values: &[f32]) -> impl Iterator<Item = f64> + '_ {
    values.iter().map(|&v| f64::from(v))
}
