//! Cosine search against brute force in numpy.

use super::*;

#[test]
fn search_agrees_with_brute_force() {
    let (pixels, _) = digits();
    let g = oracle();
    let half = halves(&pixels);
    let stored = [
        ("f32", Vectors::from_f32(DIM, &pixels)),
        // Two chunks: rows are found across segments.
        (
            "f16",
            Vectors::new(
                DIM,
                1797,
                1000,
                vec![Chunk::F16(&half[..1000 * DIM]), Chunk::F16(&half[1000 * DIM..])],
                None,
            ),
        ),
    ];
    for (precision, v) in &stored {
        let s = Standardizer::fit(v, &Silent).expect("fit");
        for (name, metric) in [("raw", Metric::Raw), ("standardized", Metric::Standardized(&s))] {
            let norms = row_norms(v, metric, &Silent).expect("norms");
            let single = Query::Rows {
                liked: &[42],
                disliked: &[],
            };
            let rocchio = Query::Rows {
                liked: &[3, 13, 23],
                disliked: &[7, 17],
            };
            for (golden, query) in [(name.to_string(), single), (format!("{name}_rocchio"), rocchio)] {
                let wanted = &g["search"][&golden];
                for norms in [None, Some(norms.as_slice())] {
                    let hits = similar(v, &query, 20, &[], metric, norms).expect("search");
                    let rows: Vec<usize> = hits.iter().map(|h| h.row).collect();
                    assert_eq!(rows, integers(&wanted["rows"]), "{precision} {golden}");
                    assert_close(
                        &format!("{precision} {golden}"),
                        hits.iter().map(|h| f64::from(h.similarity)),
                        &numbers(&wanted["similarity"]),
                        2e-6,
                    );
                }
            }
        }
    }
}

#[test]
fn missing_zero_and_broken_rows_never_win_and_ties_go_by_row() {
    let mut values = vec![0.0f32; 7 * 2];
    let rows = [
        [1.0, 1.0],
        [0.0, 0.0],
        [2.0, 2.0],
        [f32::NAN, 1.0],
        [3.0, 3.0],
        [1.0, 0.9],
        [-1.0, -1.0],
    ];
    for (i, r) in rows.iter().enumerate() {
        values[2 * i..2 * i + 2].copy_from_slice(r);
    }
    let half = halves(&values);
    let present = [true, true, true, true, true, false, true];
    for chunk in [Chunk::F32(&values), Chunk::F16(&half)] {
        let v = Vectors::new(2, 7, 7, vec![chunk], Some(&present));
        let hits = similar(&v, &Query::Vector(&[5.0, 5.0]), 10, &[], Metric::Raw, None).expect("search");
        assert_eq!(hits.iter().map(|h| h.row).collect::<Vec<_>>(), [0, 2, 4, 6]);
        assert!((hits[0].similarity - 1.0).abs() < 1e-6 && (hits[3].similarity + 1.0).abs() < 1e-6);
        let two = similar(&v, &Query::Vector(&[5.0, 5.0]), 2, &[0], Metric::Raw, None).expect("search");
        assert_eq!(two.iter().map(|h| h.row).collect::<Vec<_>>(), [2, 4]);
        assert!(
            similar(&v, &Query::Vector(&[5.0, 5.0]), 0, &[], Metric::Raw, None)
                .expect("none")
                .is_empty()
        );
        for (liked, row) in [(1usize, 1), (3, 3), (5, 5)] {
            let q = Query::Rows {
                liked: &[liked],
                disliked: &[],
            };
            match similar(&v, &q, 2, &[], Metric::Raw, None) {
                Err(DiscoveryError::NoVector { row: r }) => assert_eq!(r, row),
                other => panic!("{other:?}"),
            }
        }
        let q = Query::Rows {
            liked: &[7],
            disliked: &[],
        };
        assert!(matches!(
            similar(&v, &q, 2, &[], Metric::Raw, None),
            Err(DiscoveryError::NoSuchRow { row: 7, rows: 7 })
        ));
        assert!(matches!(
            similar(&v, &Query::Vector(&[0.0, 0.0]), 2, &[], Metric::Raw, None),
            Err(DiscoveryError::EmptyQuery)
        ));
        assert!(matches!(
            similar(&v, &Query::Vector(&[0.0]), 2, &[], Metric::Raw, None),
            Err(DiscoveryError::Shape { .. })
        ));
    }
}

#[test]
fn fused_search_is_the_angle_between_joined_unit_vectors() {
    let (pixels, _) = digits();
    let n = 300;
    let (a, b): (Vec<f32>, Vec<f32>) = {
        let mut parts = (Vec::new(), Vec::new());
        for r in pixels.chunks_exact(DIM).take(n) {
            parts.0.extend_from_slice(&r[..40]);
            parts.1.extend_from_slice(&r[40..]);
        }
        parts
    };
    let (va, vb) = (Vectors::from_f32(40, &a), Vectors::from_f32(24, &b));
    let part = |vectors, weight| FusedPart {
        vectors,
        metric: Metric::Raw,
        norms: None,
        weight,
    };
    let q = Query::Rows {
        liked: &[5],
        disliked: &[],
    };
    let hits = similar_fused(&[part(&va, 1.0), part(&vb, 2.0)], &q, 5, &[], &Silent).expect("search");
    let cosine = |x: &[f32], y: &[f32]| {
        let dot = |x: &[f32], y: &[f32]| -> f64 { x.iter().zip(y).map(|(a, b)| f64::from(a * b)).sum() };
        dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
    };
    let row = |v: &[f32], w: usize, i: usize| v[i * w..(i + 1) * w].to_vec();
    let mut wanted: Vec<(f64, usize)> = (0..n)
        .filter(|&i| i != 5)
        .map(|i| {
            let first = cosine(&row(&a, 40, 5), &row(&a, 40, i));
            let second = cosine(&row(&b, 24, 5), &row(&b, 24, i));
            ((first + 4.0 * second) / 5.0, i)
        })
        .collect();
    wanted.sort_by(|x, y| y.0.total_cmp(&x.0));
    for (h, w) in hits.iter().zip(&wanted) {
        assert_eq!(h.row, w.1);
        assert!((f64::from(h.similarity) - w.0).abs() < 1e-6);
    }
}
