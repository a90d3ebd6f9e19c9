//! A layer's weights, packed once into the order in which tiles read them.

use super::buffer::{Buffer, as_bytes_mut, as_halves_mut};
use super::isa::Precision;
use super::kernels::Kernels;
use super::math::bf16_bits;

/// Weights `[inputs, outputs]` with a bias: panels of neighbouring outputs, each
/// `[steps][panel]` words of one, two or four inputs.
pub struct Matrix {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) precision: Precision,
    /// Words along the inner dimension, what fills them up counted.
    pub(super) steps: usize,
    pub(super) panels: Buffer,
    /// One an output, zeros up to the last panel's end; so are the next two.
    pub(super) bias: Vec<f32>,
    /// For bytes: what one unit of an output's weights is worth.
    pub(super) unit: Vec<f32>,
    /// For bytes: the sum of an output's weights as they are stored, times its unit.
    pub(super) total: Vec<f32>,
}

impl Matrix {
    /// Packs `weight`, `[inputs, outputs]` row-major, and `bias`, `[outputs]` or empty.
    pub fn pack(
        kernels: &Kernels,
        precision: Precision,
        [inputs, outputs]: [usize; 2],
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        assert_eq!(weight.len(), inputs * outputs, "weights of another shape");
        let (panel, each) = (kernels.panel, precision.values_in_word());
        let steps = kernels.steps(precision, inputs);
        let padded = outputs.next_multiple_of(panel);
        let mut matrix = Self {
            inputs,
            outputs,
            precision,
            steps,
            panels: Buffer::zeros(padded * steps),
            bias: vec![0.0; padded],
            unit: Vec::new(),
            total: Vec::new(),
        };
        matrix.bias[..bias.len()].copy_from_slice(bias);
        // Where value `p` of output `j` lies, counted in values.
        let place = |p: usize, j: usize| {
            let word = (j / panel * steps + p / each) * panel + j % panel;
            word * each + p % each
        };
        match precision {
            Precision::F32 => {
                let to = matrix.panels.floats_mut();
                for (p, row) in weight.chunks_exact(outputs).enumerate() {
                    row.iter().enumerate().for_each(|(j, w)| to[place(p, j)] = *w);
                }
            }
            Precision::Bf16 => {
                let to = as_halves_mut(matrix.panels.words_mut());
                for (p, row) in weight.chunks_exact(outputs).enumerate() {
                    row.iter()
                        .enumerate()
                        .for_each(|(j, w)| to[place(p, j)] = bf16_bits(*w));
                }
            }
            Precision::Int8 => {
                let mut most = vec![0.0f32; padded];
                for row in weight.chunks_exact(outputs) {
                    row.iter().zip(&mut most).for_each(|(w, m)| *m = m.max(w.abs()));
                }
                matrix.unit = most.iter().map(|m| m / 127.0).collect();
                let inverse: Vec<f32> = most
                    .iter()
                    .map(|m| if *m > 0.0 { 127.0 / m } else { 0.0 })
                    .collect();
                let mut total = vec![0i32; padded];
                let to = as_bytes_mut(matrix.panels.words_mut());
                for (p, row) in weight.chunks_exact(outputs).enumerate() {
                    for (j, w) in row.iter().enumerate() {
                        let byte = (w * inverse[j]).round() as i8;
                        total[j] += i32::from(byte);
                        to[place(p, j)] = byte as u8;
                    }
                }
                matrix.total = (total.iter().zip(&matrix.unit))
                    .map(|(t, u)| *t as f32 * u)
                    .collect();
            }
        }
        matrix
    }

    /// The same layer in another format; only single precision can be converted.
    pub fn converted(&self, kernels: &Kernels, precision: Precision) -> Self {
        let (panel, outputs) = (kernels.panel, self.outputs);
        let mut weight = vec![0.0f32; self.inputs * outputs];
        for (number, from) in self.panels.floats().chunks_exact(panel * self.steps).enumerate() {
            let first = number * panel;
            if first >= outputs {
                break;
            }
            let columns = panel.min(outputs - first);
            for (row, from) in weight.chunks_exact_mut(outputs).zip(from.chunks_exact(panel)) {
                row[first..first + columns].copy_from_slice(&from[..columns]);
            }
        }
        Self::pack(
            kernels,
            precision,
            [self.inputs, outputs],
            &weight,
            &self.bias[..outputs],
        )
    }

    /// Operations (a multiplication and an addition are two) for one row.
    pub fn flops(&self) -> u64 {
        2 * self.inputs as u64 * self.outputs as u64
    }
}
