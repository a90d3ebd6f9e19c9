//! spike
use faer::{Accum, MatMut, MatRef, Par};
use half::f16;
use half::slice::HalfFloatSliceExt;
use numkong::Dot;
use rayon::prelude::*;
use std::time::Instant;

fn lanes_dot(a: &[f32], b: &[f32]) -> f32 {
    let mut acc = [0f32; 16];
    let (ac, ar) = a.as_chunks::<16>();
    let (bc, br) = b.as_chunks::<16>();
    for (x, y) in ac.iter().zip(bc) {
        for l in 0..16 {
            acc[l] += x[l] * y[l];
        }
    }
    let mut s = 0.0;
    for l in 0..16 {
        s += acc[l];
    }
    for (x, y) in ar.iter().zip(br) {
        s += x * y;
    }
    s
}

fn main() {
    let (n, d) = (1_000_000usize, 384usize);
    let mut data = vec![f16::ZERO; n * d];
    data.par_chunks_mut(d).enumerate().for_each(|(i, r)| {
        let mut s = i as u64 * 7919 + 1;
        for v in r {
            s = s
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            *v = f16::from_f32(((s >> 40) as f32) / (1 << 24) as f32 - 0.5);
        }
    });
    let q: Vec<f32> = data[..d].iter().map(|v| v.to_f32()).collect();
    for _ in 0..4 {
        let t = Instant::now();
        #[allow(unsafe_code)]
        let k: &[numkong::f16] = unsafe { std::slice::from_raw_parts(data.as_ptr().cast(), data.len()) };
        let kq = k[..d].to_vec();
        let s: f32 = k
            .par_chunks(d * 256)
            .map(|b| {
                let mut s = 0.0f32;
                for r in b.chunks_exact(d) {
                    s = s.max(numkong::f16::dot(r, &kq).unwrap());
                }
                s
            })
            .reduce(|| 0.0, f32::max);
        println!("numkong f16 dot {:?} {s}", t.elapsed());
        let t = Instant::now();
        let s: f32 = data
            .par_chunks(d * 64)
            .map_init(
                || vec![0f32; d * 64],
                |buf, b| {
                    let buf = &mut buf[..b.len()];
                    b.convert_to_f32_slice(buf);
                    let mut s = 0.0f32;
                    for r in buf.chunks_exact(d) {
                        s = s.max(lanes_dot(r, &q));
                    }
                    s
                },
            )
            .reduce(|| 0.0, f32::max);
        println!("convert + lanes dot {:?} {s}", t.elapsed());
        let t = Instant::now();
        let s: f32 = data
            .par_chunks(d * 64)
            .map_init(
                || vec![0f32; d * 64],
                |buf, b| {
                    let buf = &mut buf[..b.len()];
                    b.convert_to_f32_slice(buf);
                    buf[0]
                },
            )
            .reduce(|| 0.0, f32::max);
        println!("convert only {:?} {s}", t.elapsed());
        for c in [1usize, 4, 16] {
            let w: Vec<f32> = (0..c).flat_map(|_| q.clone()).collect();
            let t = Instant::now();
            let s: f32 = data
                .par_chunks(d * 64)
                .map_init(
                    || (vec![0f32; d * 64], vec![0f32; 64 * c]),
                    |(buf, out), b| {
                        let buf = &mut buf[..b.len()];
                        b.convert_to_f32_slice(buf);
                        let rows = buf.len() / d;
                        let x = MatRef::from_row_major_slice(buf, rows, d);
                        let wm = MatRef::from_row_major_slice(&w, c, d);
                        let o = MatMut::from_row_major_slice_mut(&mut out[..rows * c], rows, c);
                        faer::linalg::matmul::matmul(o, Accum::Replace, x, wm.transpose(), 1.0, Par::Seq);
                        out[..rows * c].iter().cloned().fold(0.0, f32::max)
                    },
                )
                .reduce(|| 0.0, f32::max);
            println!("convert + faer gemm c={c} {:?} {s}", t.elapsed());
        }
    }
}
