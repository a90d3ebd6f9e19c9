//! The innermost loops of training: rows of channels (multiples of sixteen, side by side), compiled
//! for what the processor has.

use crate::encoder::plan::math::{erf_root, exp2};
use crate::encoder::plan::window::{LANES, lanes, lanes_mut};
use crate::vectorised::vectorised;

vectorised! {
    /// Adds to `gradient`, `[K * K, channels]`, what [`window`]'s weights get from that of its output.
    window_weights<const K, const S>(image: &[f32], line: usize, channels: usize, output: &[f32], size: [usize; 2], gradient: &mut [f32]) {
        let [height, width] = size;
        for group in (0..channels).step_by(LANES) {
            for row in 0..K {
                let mut sums = [[0.0f32; LANES]; K];
                for y in 0..height {
                    let start = (y * S + row) * line * channels + group;
                    for x in 0..width {
                        let d = lanes(output, (y * width + x) * channels + group);
                        for (j, sum) in sums.iter_mut().enumerate() {
                            let v = lanes(image, start + (x * S + j) * channels);
                            for l in 0..LANES {
                                sum[l] = v[l].mul_add(d[l], sum[l]);
                            }
                        }
                    }
                }
                for (j, sum) in sums.iter().enumerate() {
                    let to = lanes_mut(gradient, (row * K + j) * channels + group);
                    for l in 0..LANES {
                        to[l] += sum[l];
                    }
                }
            }
        }
    }
}

vectorised! {
    /// Adds to `gradient`, an image with its border, what it gets from that of [`window`]'s output.
    window_image<const K, const S>(output: &[f32], line: usize, channels: usize, weights: &[f32], size: [usize; 2], gradient: &mut [f32]) {
        let [height, width] = size;
        for group in (0..channels).step_by(LANES) {
            for y in 0..height {
                for x in 0..width {
                    let d = lanes(output, (y * width + x) * channels + group);
                    for tap in 0..K * K {
                        let w = lanes(weights, tap * channels + group);
                        let at = ((y * S + tap / K) * line + x * S + tap % K) * channels + group;
                        let to = lanes_mut(gradient, at);
                        for l in 0..LANES {
                            to[l] = d[l].mul_add(w[l], to[l]);
                        }
                    }
                }
            }
        }
    }
}

vectorised! {
    /// Adds each channel's sum and sum of squares over the rows of `x`.
    moments(x: &[f32], sum: &mut [f32], square: &mut [f32]) {
        let channels = sum.len();
        for row in x.chunks_exact(channels) {
            for ((s, q), v) in sum.iter_mut().zip(square.iter_mut()).zip(row) {
                *s += v;
                *q = v.mul_add(*v, *q);
            }
        }
    }
}

vectorised! {
    /// Adds each channel's sum of `d` and of `d * x` over the rows.
    dots(d: &[f32], x: &[f32], sum: &mut [f32], product: &mut [f32]) {
        let channels = sum.len();
        for (d, x) in d.chunks_exact(channels).zip(x.chunks_exact(channels)) {
            for (((s, p), d), x) in sum.iter_mut().zip(product.iter_mut()).zip(d).zip(x) {
                *s += d;
                *p = d.mul_add(*x, *p);
            }
        }
    }
}

vectorised! {
    /// `x * scale + shift`, channel by channel.
    affine(x: &[f32], scale: &[f32], shift: &[f32], out: &mut [f32]) {
        let channels = scale.len();
        for (row, to) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for (((o, v), a), b) in to.iter_mut().zip(row).zip(scale).zip(shift) {
                *o = v.mul_add(*a, *b);
            }
        }
    }
}

vectorised! {
    /// `d * a + x * b + c` into `d`, channel by channel: a batch norm's way back.
    norm_back(d: &mut [f32], x: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
        let channels = a.len();
        for (d, x) in d.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
            for ((((d, x), a), b), c) in d.iter_mut().zip(x).zip(a).zip(b).zip(c) {
                *d = d.mul_add(*a, x.mul_add(*b, *c));
            }
        }
    }
}

vectorised! {
    /// `x + (y + bias) * scale`, channel by channel, into `out`.
    residual(x: &[f32], y: &[f32], bias: &[f32], scale: &[f32], out: &mut [f32]) {
        let channels = scale.len();
        let rows = x.chunks_exact(channels).zip(y.chunks_exact(channels)).zip(out.chunks_exact_mut(channels));
        for ((x, y), to) in rows {
            for ((((o, x), y), b), s) in to.iter_mut().zip(x).zip(y).zip(bias).zip(scale) {
                *o = (y + b).mul_add(*s, *x);
            }
        }
    }
}

vectorised! {
    /// Adds `bias` to each row.
    add_bias(x: &mut [f32], bias: &[f32]) {
        for row in x.chunks_exact_mut(bias.len()) {
            for (v, b) in row.iter_mut().zip(bias) {
                *v += b;
            }
        }
    }
}

vectorised! {
    /// Adds each column's sum.
    columns(x: &[f32], sum: &mut [f32]) {
        for row in x.chunks_exact(sum.len()) {
            for (s, v) in sum.iter_mut().zip(row) {
                *s += v;
            }
        }
    }
}

vectorised! {
    /// Each row times `scale`.
    scaled(x: &[f32], scale: &[f32], out: &mut [f32]) {
        let channels = scale.len();
        for (row, to) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for ((o, v), s) in to.iter_mut().zip(row).zip(scale) {
                *o = v * s;
            }
        }
    }
}

/// Φ(x), the normal distribution's sum.
#[inline(always)]
fn phi(x: &[f32; LANES]) -> [f32; LANES] {
    let e = erf_root(x);
    std::array::from_fn(|l| 0.5f32.mul_add(e[l], 0.5))
}

vectorised! {
    /// The exact GELU of `u` into `out`.
    gelu(u: &[f32], out: &mut [f32]) {
        for (u, o) in u.as_chunks::<LANES>().0.iter().zip(out.as_chunks_mut::<LANES>().0) {
            let p = phi(u);
            for l in 0..LANES {
                o[l] = u[l] * p[l];
            }
        }
    }
}

vectorised! {
    /// The way back: `v` becomes the GELU of `u`, and `d` is multiplied by its slope, Φ(u) + u φ(u).
    gelu_back(u: &[f32], v: &mut [f32], d: &mut [f32]) {
        let rows = u.as_chunks::<LANES>().0.iter().zip(v.as_chunks_mut::<LANES>().0).zip(d.as_chunks_mut::<LANES>().0);
        for ((u, v), d) in rows {
            let p = phi(u);
            for l in 0..LANES {
                // e^(-u²/2) / √(2π)
                let density = 0.398_942_3 * exp2(u[l] * u[l] * (-0.5 * std::f32::consts::LOG2_E));
                v[l] = u[l] * p[l];
                d[l] *= u[l].mul_add(density, p[l]);
            }
        }
    }
}
