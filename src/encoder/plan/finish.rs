//! What a tile's sums become: for bytes first real values, then with their bias through the activation,
//! stored, added, or made brain floats.

#![allow(
    unsafe_code,
    reason = "vector instructions on tiles whose sizes are checked before"
)]

use super::act::{Act, Held, Plain};
use super::buffer::{as_floats, as_floats_mut};
use super::halves::Halves;
use super::math::{ERF, ERF_SHORT, tanh_gelu};
use super::registers::{end, worth};
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

impl Activation {
    /// Whether it takes an instruction or two, which tiles can do before they store their sums.
    pub(super) fn is_short(self) -> bool {
        matches!(self, Self::None | Self::Relu6)
    }
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

impl Finish<'_> {
    /// The same for tiles whose first row is this one of here.
    #[inline]
    pub(super) fn starting_at(&self, row: usize) -> Self {
        let bytes = self
            .bytes
            .map(|(lines, units, totals)| (&lines[row..], units, totals));
        Self { bytes, ..*self }
    }

    /// Whether all that [`worth`] reads of it is there.
    pub(super) fn check(&self, rows: usize, columns: usize) {
        assert!(columns <= MOST_COLUMNS && self.bias.len() >= columns);
        if let Some((lines, units, totals)) = self.bytes {
            assert!(lines.len() >= rows && units.len() >= columns && totals.len() >= columns);
        }
    }
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
    if f.activation.is_short() {
        return through::<N, V>(sums, rows, columns, f, out, ldo);
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

/// [`worth`] of register `number` of a tile's sums.
///
/// # Safety
/// As there; the register is one of the tile's.
#[inline(always)]
unsafe fn worth_at<const N: usize, V: Vector>(sums: *const u32, number: usize, f: &Finish<'_>) -> V {
    let (row, column) = (number * V::LANES / N, number * V::LANES % N);
    // SAFETY: the caller's promise.
    unsafe { worth(V::load(sums.add(number * V::LANES).cast()), row, column, f) }
}

/// A tile where what follows takes an instruction or two: nothing leaves the registers on its way.
#[inline(always)]
fn through<const N: usize, V: Vector>(
    sums: &Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [f32],
    ldo: usize,
) {
    const { assert!(N <= MOST_COLUMNS && N.is_multiple_of(V::LANES)) };
    assert!(rows <= MOST_ROWS);
    f.check(rows, N);
    for row in 0..rows {
        let to = &mut out[row * ldo..row * ldo + columns];
        for at in (0..columns).step_by(V::LANES) {
            // SAFETY: the row is as long, what is read was checked, and this is compiled for, and called on,
            // processors that have the instructions of `V`.
            unsafe {
                let values = V::load(sums.0.as_ptr().add(row * N + at).cast());
                let how = (f.activation == Activation::Relu6, f.add);
                let count = V::LANES.min(columns - at);
                end(values, [row, at], f, how, to.as_mut_ptr().add(at), count);
            }
        }
    }
}

/// Makes a tile's sums the values that they are worth, through the activation, in place.
#[inline(always)]
fn activate<const N: usize, V: Vector>(sums: &mut Sums, rows: usize, f: &Finish<'_>) {
    const { assert!(N <= MOST_COLUMNS && N.is_multiple_of(V::LANES)) };
    assert!(rows <= MOST_ROWS);
    f.check(rows, N);
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
/// The processor has the instructions of `V`, and [`Finish::check`] was called.
#[inline(always)]
unsafe fn in_fours<const N: usize, V: Vector, A: Act>(sums: &mut Sums, rows: usize, f: &Finish<'_>, act: A) {
    let (at, count) = (sums.0.as_mut_ptr(), rows * N / V::LANES);
    for first in (0..count).step_by(4) {
        // Where fewer are left, the last stands in for those that are not there.
        let number = |k: usize| (first + k).min(count - 1);
        // SAFETY: registers of the tile, and the caller's promise.
        unsafe {
            let block = act.of([
                worth_at::<N, V>(at, number(0), f),
                worth_at::<N, V>(at, number(1), f),
                worth_at::<N, V>(at, number(2), f),
                worth_at::<N, V>(at, number(3), f),
            ]);
            for (k, values) in block.into_iter().enumerate() {
                values.store(at.add(number(k) * V::LANES).cast());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::Isa;
    use crate::encoder::plan::kernels::Kernels;
    use crate::encoder::plan::tiles::NO_SUMS;

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
                    let mut sums = NO_SUMS;
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
                let mut sums = NO_SUMS;
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
