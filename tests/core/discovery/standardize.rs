//! Mean and spread against scikit-learn, and rows that do not count.

use super::*;

#[test]
fn mean_and_spread_agree_with_scikit_learn() {
    let (pixels, _) = digits();
    let g = oracle();
    let s = Standardizer::fit(&Vectors::from_f32(DIM, &pixels), &Silent).expect("fit");
    assert_close("mean", s.mean.iter().copied(), &numbers(&g["mean"]), 1e-10);
    assert_close("std", s.std.iter().copied(), &numbers(&g["std"]), 1e-10);
    assert_eq!(s.inverse_std(0), 0.0, "the corner pixel is always black");
}

#[test]
fn missing_and_infinite_rows_do_not_count() {
    let values = [1.0, 10.0, 3.0, 10.0, f32::NAN, 0.0, 99.0, 99.0];
    let present = [true, true, true, false];
    let v = Vectors::new(2, 4, 4, vec![Chunk::F32(&values)], Some(&present));
    let s = Standardizer::fit(&v, &Silent).expect("fit");
    assert_eq!(
        (s.rows, &s.mean[..], &s.std[..]),
        (2, &[2.0, 10.0][..], &[1.0, 0.0][..])
    );
}

#[test]
fn large_offsets_keep_their_digits() {
    let values: Vec<f32> = (0..5000).map(|i| 1e6 + (i % 5) as f32).collect();
    let s = Standardizer::fit(&Vectors::from_f32(1, &values), &Silent).expect("fit");
    assert!((s.mean[0] - 1_000_002.0).abs() < 1e-6 && (s.std[0] - 2f64.sqrt()).abs() < 1e-9);
}
