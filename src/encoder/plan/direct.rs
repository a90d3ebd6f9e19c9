//! A first convolution, of a few planes to many channels: six neighbouring pixels' sums of a panel of outputs
//! stay in registers while the lines that they see pass. No window is laid out by itself.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, held in bounds by the checks at the start"
)]

use super::matrix::Matrix;
use super::vector::Vector;

/// Neighbouring pixels that are computed together.
const TOGETHER: usize = 6;

/// The lines that a row of windows sees, and what goes over them.
pub(super) struct Direct<'a> {
    /// `[channels * side, line]`, with the zeros beside the planes.
    pub lines: &'a [f32],
    /// Values from line to line.
    pub line: usize,
    /// `[channels * side * side, outputs]` in single precision, rows in the order channel, y, x.
    pub matrix: &'a Matrix,
    /// Side of the window in pixels.
    pub side: usize,
    /// Pixels from window to window.
    pub stride: usize,
}

/// `count` windows from number `first` on, held between 0 and 6, into `out`, `[count, ldo]`: the same to the bit as
/// the product of windows that lie one after the other. `W` registers are a panel.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn direct<V: Vector, const W: usize>(
    d: &Direct<'_>,
    [first, count]: [usize; 2],
    out: &mut [f32],
    ldo: usize,
) {
    let (m, panel) = (d.matrix, W * V::LANES);
    let words = m.panels.floats();
    if count == 0 {
        return;
    }
    assert!(d.side > 0 && m.steps.is_multiple_of(d.side * d.side));
    assert!(d.lines.len() >= m.steps / d.side * d.line && d.line >= (first + count - 1) * d.stride + d.side);
    assert!(m.bias.len() >= m.outputs.next_multiple_of(panel));
    assert!(words.len() >= m.outputs.next_multiple_of(panel) * m.steps);
    assert!(ldo >= m.outputs && out.len() >= (count - 1) * ldo + m.outputs);
    for column in (0..m.outputs).step_by(panel) {
        for pixel in (0..count).step_by(TOGETHER) {
            // Where fewer are left, the last stands in for those that are not there.
            let place = |p: usize| (first + (pixel + p).min(count - 1)) * d.stride;
            let places: [usize; TOGETHER] = std::array::from_fn(place);
            // SAFETY: panels are whole, places those of windows in the lines, and all lengths were checked above.
            unsafe {
                let mut sums = [[V::all(0.0); W]; TOGETHER];
                let mut weight = words.as_ptr().add(column * m.steps);
                for line in 0..m.steps / d.side {
                    let values = d.lines.as_ptr().add(line * d.line);
                    for t in 0..d.side {
                        let mut weights = [V::all(0.0); W];
                        for (v, w) in weights.iter_mut().enumerate() {
                            *w = V::load(weight.add(v * V::LANES));
                        }
                        for p in 0..TOGETHER {
                            let value = V::all(values.add(places[p] + t).read());
                            for v in 0..W {
                                sums[p][v] = sums[p][v].plus(value, weights[v]);
                            }
                        }
                        weight = weight.add(panel);
                    }
                }
                for (p, sums) in sums.iter().enumerate().take(count - pixel) {
                    for (v, sum) in sums.iter().enumerate() {
                        let at = column + v * V::LANES;
                        let some = m.outputs.saturating_sub(at).min(V::LANES);
                        let bias = V::load(m.bias.as_ptr().add(at));
                        let to = out.as_mut_ptr().wrapping_add((pixel + p) * ldo + at);
                        sum.sum(bias).held(0.0, 6.0).store_some(to, some);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::{Isa, Precision};
    use crate::encoder::plan::kernels::Kernels;
    use crate::encoder::plan::operand::Rows;
    use crate::encoder::plan::product::{After, product};

    #[test]
    fn windows_are_those_of_the_lines_and_nothing_else_is_touched() {
        let value = |i: usize| ((i * 7919 + 13) % 251) as f32 / 50.0 - 2.4;
        for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
            for (channels, side, stride, outputs, count) in [
                (3, 3, 2, 32, 20),
                (1, 3, 2, 8, 1),
                (3, 3, 1, 33, 6),
                (2, 5, 3, 64, 7),
                (4, 2, 2, 17, 13),
            ] {
                let (inputs, first) = (channels * side * side, 2);
                let line = (first + count - 1) * stride + side + 1;
                let lines: Vec<f32> = (0..channels * side * line).map(value).collect();
                let weight: Vec<f32> = (0..inputs * outputs).map(|i| value(i + 5)).collect();
                let bias: Vec<f32> = (0..outputs).map(|i| value(i + 99)).collect();
                let matrix = Matrix::pack(kernels, Precision::F32, [inputs, outputs], &weight, &bias);
                let d = Direct {
                    lines: &lines,
                    line,
                    matrix: &matrix,
                    side,
                    stride,
                };
                let ldo = outputs + 3;
                let mut out = vec![-7.0; count * ldo];
                kernels.direct(&d, [first, count], &mut out, ldo);
                let mut rows = Vec::new();
                for x in first..first + count {
                    for l in 0..channels * side {
                        rows.extend_from_slice(&lines[l * line + x * stride..][..side]);
                    }
                }
                let mut want = vec![-7.0; count * ldo];
                let left = Rows::of(&rows, inputs);
                product(kernels, left, count, &matrix, After::Relu6, &mut want, ldo);
                assert_eq!(
                    out,
                    want,
                    "{} {channels} {side}/{stride} to {outputs}",
                    kernels.isa.name()
                );
            }
        }
    }
}
