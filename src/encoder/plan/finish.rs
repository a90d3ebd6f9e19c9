//! What a tile's sums become: for bytes first real values, then with their bias through the activation,
//! stored, added, or made brain floats.

#![allow(
    unsafe_code,
    reason = "vector instructions on tiles whose sizes are checked before"
)]

use super::buffer::{as_floats, as_floats_mut};
use super::halves::Halves;
use super::math::{ERF, ERF_SHORT, Erf, tanh_gelu};
use super::rows::to_bf16;
use super::tiles::{MOST_COLUMNS, MOST_ROWS, Sums};
use super::vector::Vector;

/// What sums of bytes are worth: `(step, least)` a row; and a column its step, and its step
/// times the sum of its bytes.
pub(super) type Worth<'a> = (&'a [(f32, f32)], &'a [f32], &'a [f32]);

/// What follows a layer, and how well it must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// Nothing.
    None,
    /// The exact GELU, to single precision.
    Gelu,
    /// The same, well enough for brain floats and bytes.
    ShortGelu,
    /// GELU's approximation by a tanh, which some networks were trained with.
    TanhGelu,
    /// Values held between 0 and 6.
    Relu6,
}

/// How a tile is finished.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// One value a column of the panel.
    pub bias: &'a [f32],
    /// What bytes are worth, if the sums are of bytes.
    pub bytes: Option<Worth<'a>>,
    /// What follows.
    pub activation: Activation,
    /// Whether the result is added to what is there.
    pub add: bool,
}

/// Finishes `rows` rows and `columns` columns of a tile of panels `N` wide into `out`, row-major
/// with `ldo` values from row to row. The sums are used up.
#[inline(always)]
pub(super) fn finish<const N: usize, V: Vector>(
    sums: &mut Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [f32],
    ldo: usize,
) {
    match f.activation {
        Activation::None if columns == N && f.add => {
            return through::<N, V, false, true>(sums, rows, f, out, ldo);
        }
        Activation::None if columns == N => return through::<N, V, false, false>(sums, rows, f, out, ldo),
        Activation::Relu6 if columns == N && !f.add => {
            return through::<N, V, true, false>(sums, rows, f, out, ldo);
        }
        _ => {}
    }
    activate::<N, V>(sums, rows, f);
    let values = as_floats(&sums.0);
    for i in 0..rows {
        let to = &mut out[i * ldo..i * ldo + columns];
        let row = &values[i * N..(i + 1) * N];
        if f.add {
            to.iter_mut().zip(row).for_each(|(t, v)| *t += v);
        } else if columns == N {
            // A length that is known: no call.
            to[..N].copy_from_slice(row);
        } else {
            to.copy_from_slice(&row[..columns]);
        }
    }
}

/// The same into brain floats, which the next product reads; nothing is added.
#[inline(always)]
pub(super) fn finish_halves<const N: usize, V: Vector, H: Halves>(
    sums: &mut Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [u16],
    ldo: usize,
) {
    activate::<N, V>(sums, rows, f);
    let values = as_floats(&sums.0);
    for i in 0..rows {
        to_bf16::<H>(
            &values[i * N..i * N + columns],
            &mut out[i * ldo..i * ldo + columns],
        );
    }
}

/// Register `number` of the tile's sums as real values with their bias.
///
/// # Safety
/// The processor has the instructions of `V`; the register is one of the tile's, whose rows and columns have
/// what `f` says of them.
#[inline(always)]
unsafe fn worth<const N: usize, V: Vector>(sums: *const u32, number: usize, f: &Finish<'_>) -> V {
    let (row, column) = (number * V::LANES / N, number * V::LANES % N);
    // SAFETY: the caller's promise.
    unsafe {
        let words = sums.add(number * V::LANES);
        let bias = V::load(f.bias.as_ptr().add(column));
        match f.bytes {
            None => V::load(words.cast()).sum(bias),
            Some((lines, units, totals)) => {
                let (step, least) = *lines.get_unchecked(row);
                let shifted = bias.plus(V::all(least), V::load(totals.as_ptr().add(column)));
                let sums = V::of_integers(words).times(V::all(step));
                shifted.plus(sums, V::load(units.as_ptr().add(column)))
            }
        }
    }
}

/// Whether all that [`worth`] reads is there.
fn check<const N: usize, V: Vector>(rows: usize, f: &Finish<'_>) {
    const { assert!(N <= MOST_COLUMNS && N.is_multiple_of(V::LANES)) };
    assert!(rows <= MOST_ROWS && f.bias.len() >= N);
    if let Some((lines, units, totals)) = f.bytes {
        assert!(lines.len() >= rows && units.len() >= N && totals.len() >= N);
    }
}

/// A whole tile where what follows takes an instruction or two: nothing leaves the registers on its way.
#[inline(always)]
fn through<const N: usize, V: Vector, const RELU6: bool, const ADD: bool>(
    sums: &Sums,
    rows: usize,
    f: &Finish<'_>,
    out: &mut [f32],
    ldo: usize,
) {
    check::<N, V>(rows, f);
    let wide = N / V::LANES;
    for row in 0..rows {
        let to = &mut out[row * ldo..row * ldo + N];
        for number in 0..wide {
            // SAFETY: the row is N long, what is read was checked, and this is compiled for, and called on,
            // processors that have the instructions of `V`.
            unsafe {
                let mut values = worth::<N, V>(sums.0.as_ptr(), row * wide + number, f);
                if RELU6 {
                    values = values.held(0.0, 6.0);
                }
                let to = to.as_mut_ptr().add(number * V::LANES);
                if ADD {
                    values = V::load(to).sum(values);
                }
                values.store(to);
            }
        }
    }
}

/// Makes a tile's sums the values that they are worth, through the activation, in place.
#[inline(always)]
fn activate<const N: usize, V: Vector>(sums: &mut Sums, rows: usize, f: &Finish<'_>) {
    check::<N, V>(rows, f);
    // SAFETY: this is compiled for, and called on, processors that have the instructions of `V`; the rest was
    // checked.
    unsafe {
        match f.activation {
            Activation::None | Activation::TanhGelu => in_fours::<N, V, _>(sums, rows, f, Plain),
            Activation::Gelu => in_fours::<N, V, _>(sums, rows, f, &ERF),
            Activation::ShortGelu => in_fours::<N, V, _>(sums, rows, f, &ERF_SHORT),
            Activation::Relu6 => in_fours::<N, V, _>(sums, rows, f, Held),
        }
    }
    if f.activation == Activation::TanhGelu {
        for v in &mut as_floats_mut(&mut sums.0)[..rows * N] {
            *v = tanh_gelu(*v);
        }
    }
}

/// Four registers of a tile at a time: GELU is a long chain of sums, of which several must be under way.
///
/// # Safety
/// The processor has the instructions of `V`, and [`check`] was called.
#[inline(always)]
unsafe fn in_fours<const N: usize, V: Vector, A: Act>(sums: &mut Sums, rows: usize, f: &Finish<'_>, act: A) {
    let (at, count) = (sums.0.as_mut_ptr(), rows * N / V::LANES);
    for first in (0..count).step_by(4) {
        // Where fewer are left, the last stands in for those that are not there.
        let number = |k: usize| (first + k).min(count - 1);
        // SAFETY: registers of the tile, and the caller's promise.
        unsafe {
            let block = act.of([
                worth::<N, V>(at, number(0), f),
                worth::<N, V>(at, number(1), f),
                worth::<N, V>(at, number(2), f),
                worth::<N, V>(at, number(3), f),
            ]);
            for (k, values) in block.into_iter().enumerate() {
                values.store(at.add(number(k) * V::LANES).cast());
            }
        }
    }
}

/// A function of each value.
trait Act: Copy {
    /// Of four registers.
    ///
    /// # Safety
    /// The processor has the instructions of `V`.
    unsafe fn of<V: Vector>(self, x: [V; 4]) -> [V; 4];
}

/// The value itself.
#[derive(Clone, Copy)]
struct Plain;

/// ReLU6.
#[derive(Clone, Copy)]
struct Held;

impl Act for Plain {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, x: [V; 4]) -> [V; 4] {
        x
    }
}

impl Act for Held {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, mut x: [V; 4]) -> [V; 4] {
        for x in &mut x {
            // SAFETY: the caller's promise.
            *x = unsafe { x.held(0.0, 6.0) };
        }
        x
    }
}

/// `x Φ(x)`, the exact (erf) GELU, as well as `erf` is known (Hendrycks & Gimpel 2016, arXiv:1606.08415).
impl<const T: usize> Act for &Erf<T> {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, mut x: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (end, scale) = (V::all(self.end), V::all(2.0 / (self.end * self.end)));
            let mut s = x;
            let mut sum = [V::all(self.terms[0]); 4];
            for i in 0..4 {
                // Far below, what is left of 1 - 1 must not be multiplied by a large number.
                x[i] = x[i].at_least(V::all(-self.end));
                let inside = x[i].at_most(end);
                s[i] = V::all(-1.0).plus(inside.times(inside), scale);
            }
            for c in &self.terms[1..] {
                for i in 0..4 {
                    sum[i] = V::all(*c).plus(sum[i], s[i]);
                }
            }
            for i in 0..4 {
                let half = x[i].times(V::all(0.5));
                x[i] = half.plus(half, x[i].at_most(end).times(sum[i]));
            }
            x
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::Isa;
    use crate::encoder::plan::kernels::Kernels;

    #[test]
    fn gelu_is_the_exact_one() {
        // Values of x Φ(x) from scipy.stats.norm.cdf in double precision.
        for (x, want) in [
            (0.0f32, 0.0f64),
            (1.0, 0.841_344_746_068_542_9),
            (-1.0, -0.158_655_253_931_457_05),
            (0.1, 0.053_982_783_727_702_9),
            (2.5, 2.484_475_833_683_536_7),
            (-3.0, -0.004_049_694_095_011_6),
            (-5.3, -3.068_6e-7),
            (8.0, 8.0),
            (-40.0, 0.0),
        ] {
            let check = |activation, most: f64| {
                for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
                    let n = kernels.panel;
                    // Two rows and a value more, so that the last registers stand in for absent ones.
                    let mut sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);
                    sums.0[..3 * n].fill(x.to_bits());
                    let f = Finish {
                        bias: &vec![0.0; n],
                        bytes: None,
                        activation,
                        add: false,
                    };
                    let mut out = vec![f32::NAN; 3 * n];
                    kernels.finish(&mut sums, 3, n, &f, &mut out, n);
                    for got in out {
                        let off = (f64::from(got) - want).abs();
                        assert!(
                            off <= most * want.abs().max(1.0),
                            "{}: gelu({x}) is off by {off:e}",
                            kernels.isa.name()
                        );
                    }
                }
            };
            check(Activation::Gelu, 1e-6);
            check(Activation::ShortGelu, if x < -4.0 { 1.7e-4 } else { 5e-5 });
        }
    }

    /// Every way a tile can end, against its definition: whole and part of the columns, sums of floats and of bytes.
    #[test]
    fn tiles_end_as_defined() {
        for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
            let (n, ldo) = (kernels.panel, kernels.panel + 5);
            let bias: Vec<f32> = (0..n).map(|j| j as f32 * 0.25 - 2.0).collect();
            let units: Vec<f32> = (0..n).map(|j| 0.01 + j as f32 * 1e-3).collect();
            let totals: Vec<f32> = (0..n).map(|j| 1.0 - j as f32 * 0.1).collect();
            let lines: Vec<(f32, f32)> = (0..5).map(|i| (0.5 + i as f32, -0.1 * i as f32)).collect();
            for (case, activation) in [Activation::None, Activation::Relu6, Activation::TanhGelu]
                .into_iter()
                .cycle()
                .take(24)
                .enumerate()
            {
                let (bytes, add, part) = (case / 3 % 2 == 1, case / 6 % 2 == 1, case / 12 == 1);
                let columns = if part { n - 3 } else { n };
                let mut sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);
                let sum = |i: usize, j: usize| (i * 7 + j * 3) as i32 % 23 - 11;
                for i in 0..5 {
                    for j in 0..n {
                        sums.0[i * n + j] = match bytes {
                            true => sum(i, j).cast_unsigned(),
                            false => (sum(i, j) as f32).to_bits(),
                        };
                    }
                }
                let f = Finish {
                    bias: &bias,
                    bytes: bytes.then_some((&lines[..], &units[..], &totals[..])),
                    activation,
                    add,
                };
                let mut out = vec![0.5f32; 5 * ldo];
                kernels.finish(&mut sums, 5, columns, &f, &mut out, ldo);
                for (i, row) in out.chunks_exact(ldo).enumerate() {
                    for (j, got) in row.iter().enumerate() {
                        let mut want = 0.5;
                        if j < columns {
                            let mut v = sum(i, j) as f32;
                            if bytes {
                                v = v * lines[i].0 * units[j] + lines[i].1 * totals[j];
                            }
                            v += bias[j];
                            v = match activation {
                                Activation::Relu6 => v.clamp(0.0, 6.0),
                                Activation::TanhGelu => tanh_gelu(v),
                                _ => v,
                            };
                            want = if add { want + v } else { v };
                        }
                        assert!(
                            (got - want).abs() < 1e-4,
                            "case {case}, {i} {j}: {got}, not {want}"
                        );
                    }
                }
            }
        }
    }
}
