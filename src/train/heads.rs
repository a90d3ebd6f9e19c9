//! What the network is asked while it trains, and how far off its answers are: heads that are thrown
//! away afterwards, and losses in burn's operations.
//!
//! - every labelled set: its classes by a linear head on the vector, cross-entropy with smoothed labels;
//! - every set with votes: the shares, binary cross-entropy (Walmsley et al. 2020, arXiv:1905.07424, learn
//!   from votes too);
//! - teachers: a linear head on the normed numbers, smooth L1 (distillation, Hinton et al. 2015,
//!   arXiv:1503.02531);
//! - one view of an image, turned by any angle: the same vector;
//! - two views of an image: alike among all others (NT-Xent, Chen et al. 2020, arXiv:2002.05709).

use super::data::ImageSet;
use crate::encoder::model::p4m::graph::Graph;
use burn::tensor::activation::{log_sigmoid, log_softmax, relu};
use burn::tensor::{Int, Tensor, TensorData};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Width of the space in which two views are compared.
const COMPARED: usize = 64;
/// Width of the layer before it.
const BEFORE: usize = 256;
/// Divides cosines before the softmax over a batch.
const TEMPERATURE: f64 = 0.2;
/// Share of a label that is spread over all classes.
const SMOOTHING: f32 = 0.1;
/// Sets with fewer images in a batch wait for another one.
const FEWEST: usize = 4;

/// How much each loss counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Classes of labelled sets.
    pub labels: f32,
    /// Shares of votes.
    pub votes: f32,
    /// Teachers' numbers.
    pub teachers: f32,
    /// Two views among others.
    pub contrastive: f32,
    /// Two rotations of one view (with a contrastive loss, its two views).
    #[serde(default)]
    pub rotation: f32,
}

/// A matrix `[outputs, inputs]` and its bias in the row of the heads' weights.
#[derive(Debug, Clone, PartialEq)]
struct Linear {
    outputs: usize,
    inputs: usize,
    at: usize,
}

impl Linear {
    fn len(&self) -> usize {
        self.outputs * (self.inputs + 1)
    }

    fn forward(&self, row: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        let matrix = row.clone().narrow(0, self.at, self.outputs * self.inputs);
        let bias = row
            .clone()
            .narrow(0, self.at + self.outputs * self.inputs, self.outputs);
        let matrix: Tensor<2> = matrix.reshape([self.outputs, self.inputs]);
        x.matmul(matrix.transpose()) + bias.reshape([1, self.outputs])
    }
}

/// All heads, for sets in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Heads {
    classes: Vec<Option<Linear>>,
    questions: Vec<Option<Linear>>,
    teachers: Option<Linear>,
    compare: Option<[Linear; 2]>,
    /// Length of the row.
    pub len: usize,
    /// Where matrices are: these decay.
    pub matrices: Vec<std::ops::Range<usize>>,
}

/// What a batch's losses were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Classes of labelled sets.
    pub labels: f32,
    /// Shares of votes.
    pub votes: f32,
    /// Teachers' numbers.
    pub teachers: f32,
    /// Two views among others.
    pub contrastive: f32,
    /// Two rotations of one view (with a contrastive loss, its two views).
    #[serde(default)]
    pub rotation: f32,
}

impl Losses {
    /// Their names, in the order in which [`all`](Self::all) gives them.
    pub const NAMES: [&'static str; 5] = ["labels", "votes", "teachers", "contrastive", "rotation"];

    /// All of them.
    pub fn all(&self) -> [f32; 5] {
        [
            self.labels,
            self.votes,
            self.teachers,
            self.contrastive,
            self.rotation,
        ]
    }
}

impl From<[f32; 5]> for Losses {
    fn from([labels, votes, teachers, contrastive, rotation]: [f32; 5]) -> Self {
        Self {
            labels,
            votes,
            teachers,
            contrastive,
            rotation,
        }
    }
}

/// Which images a batch holds.
pub struct Batch<'a> {
    /// All sets.
    pub sets: &'a [ImageSet],
    /// Set and image of each row.
    pub rows: &'a [(usize, usize)],
    /// So many of the last rows are further views of the first ones: half of all with a contrastive loss.
    pub again: usize,
}

impl Heads {
    /// Heads for these sets, on vectors of `dim` and normed numbers of `pooled`.
    pub fn new(sets: &[ImageSet], weights: &Weights, [dim, pooled]: [usize; 2]) -> Self {
        let (mut len, mut matrices) = (0, Vec::new());
        let mut linear = |outputs: usize, inputs: usize| {
            let made = Linear {
                outputs,
                inputs,
                at: len,
            };
            matrices.push(len..len + outputs * inputs);
            len += made.len();
            made
        };
        let classes = (sets.iter())
            .map(|s| (s.classes.len() > 1 && weights.labels > 0.0).then(|| linear(s.classes.len(), dim)))
            .collect();
        let questions = (sets.iter())
            .map(|s| (!s.questions.is_empty() && weights.votes > 0.0).then(|| linear(s.questions.len(), dim)))
            .collect();
        let numbers = sets
            .iter()
            .map(|s| s.teachers.len() / s.len().max(1))
            .max()
            .unwrap_or(0);
        let teachers = (numbers > 0 && weights.teachers > 0.0).then(|| linear(numbers, pooled));
        let compare = (weights.contrastive > 0.0).then(|| [linear(BEFORE, pooled), linear(COMPARED, BEFORE)]);
        Self {
            classes,
            questions,
            teachers,
            compare,
            len,
            matrices,
        }
    }

    /// Weights to begin with.
    pub fn initial(&self, rng: &mut impl Rng) -> Vec<f32> {
        let mut row = vec![0.0; self.len];
        let all = (self.classes.iter().flatten())
            .chain(self.questions.iter().flatten())
            .chain(&self.teachers)
            .chain(self.compare.iter().flatten());
        for linear in all {
            let most = 1.0 / (linear.inputs as f32).sqrt();
            for v in &mut row[linear.at..linear.at + linear.outputs * linear.inputs] {
                *v = rng.random_range(-most..most);
            }
        }
        row
    }

    /// The whole loss of a batch's pooled numbers (a scalar to differentiate), and its parts.
    pub fn losses(
        &self,
        row: &Tensor<1>,
        graph: &Graph<'_>,
        pooled: Tensor<2>,
        batch: &Batch<'_>,
        weights: &Weights,
    ) -> (Tensor<1>, [Option<Tensor<1>>; 5]) {
        let normed = graph.normed(pooled);
        let vectors = graph.vectors(normed.clone());
        let device = row.device();
        let mut total = Tensor::<1>::zeros([1], &device);
        let mut parts = [const { None }; 5];
        let count = batch.rows.len() as f32;
        let mut add = |part: usize, loss: Tensor<1>, weight: f32| {
            let loss = loss.reshape([1]) * weight;
            total = total.clone() + loss.clone();
            parts[part] = Some(match parts[part].take() {
                Some(sum) => sum + loss,
                None => loss,
            });
        };
        for (s, set) in batch.sets.iter().enumerate() {
            if let Some(head) = &self.classes[s] {
                let labelled: Vec<(usize, u16)> = (batch.rows.iter().enumerate())
                    .filter(|(_, (set, _))| *set == s)
                    .filter_map(|(row, &(_, i))| set.labels[i].map(|l| (row, l)))
                    .collect();
                if labelled.len() >= FEWEST {
                    let answers = head.forward(row, rows_of(&vectors, labelled.iter().map(|l| l.0)));
                    let classes = set.classes.len();
                    let mut wanted = vec![SMOOTHING / classes as f32; labelled.len() * classes];
                    for (i, (_, label)) in labelled.iter().enumerate() {
                        wanted[i * classes + usize::from(*label)] += 1.0 - SMOOTHING;
                    }
                    let wanted =
                        Tensor::<2>::from_data(TensorData::new(wanted, [labelled.len(), classes]), &device);
                    let loss = -(log_softmax(answers, 1) * wanted).sum() / labelled.len() as f32;
                    add(0, loss, weights.labels * 2.0 * labelled.len() as f32 / count);
                }
            }
            if let Some(head) = &self.questions[s] {
                let asked = set.questions.len();
                let voted: Vec<(usize, &[f32])> = (batch.rows.iter().enumerate())
                    .filter(|(_, (set, _))| *set == s)
                    .map(|(row, &(_, i))| (row, &set.votes[i * asked..(i + 1) * asked]))
                    .filter(|(_, votes)| votes.iter().all(|v| v.is_finite()))
                    .collect();
                if voted.len() >= FEWEST {
                    let answers = head.forward(row, rows_of(&vectors, voted.iter().map(|v| v.0)));
                    let shares: Vec<f32> = voted.iter().flat_map(|v| v.1.iter().copied()).collect();
                    let shares =
                        Tensor::<2>::from_data(TensorData::new(shares, [voted.len(), asked]), &device);
                    let yes = log_sigmoid(answers.clone()) * shares.clone();
                    let no = log_sigmoid(-answers) * (-shares + 1.0);
                    let loss = -(yes + no).sum() / (voted.len() * asked) as f32;
                    add(1, loss, weights.votes * 2.0 * voted.len() as f32 / count);
                }
            }
        }
        if let Some(head) = &self.teachers {
            let numbers = head.outputs;
            let taught: Vec<(usize, &[f32])> = (batch.rows.iter().enumerate())
                .filter_map(|(row, &(s, i))| {
                    let said = batch.sets[s].teachers.get(i * numbers..(i + 1) * numbers)?;
                    said[0].is_finite().then_some((row, said))
                })
                .collect();
            if taught.len() >= FEWEST {
                let answers = head.forward(row, rows_of(&normed, taught.iter().map(|t| t.0)));
                let said: Vec<f32> = taught.iter().flat_map(|t| t.1.iter().copied()).collect();
                let said = Tensor::<2>::from_data(TensorData::new(said, [taught.len(), numbers]), &device);
                // Smooth L1: half the square up to 1, then a line.
                let off = (answers - said).abs();
                let square = off.clone().clamp_max(1.0);
                let loss = (square.clone() * (off - square * 0.5)).sum() / (taught.len() * numbers) as f32;
                add(2, loss, weights.teachers * 4.0 * taught.len() as f32 / count);
            }
        }
        if let (Some([first, second]), true) = (&self.compare, 2 * batch.again == batch.rows.len()) {
            let x = second.forward(row, relu(first.forward(row, normed)));
            let x = x.clone() / (x.clone() * x).sum_dim(1).add_scalar(1e-12).sqrt();
            add(3, nt_xent(x, batch), weights.contrastive);
        }
        if weights.rotation > 0.0 && batch.again > 0 {
            add(4, disagreement(vectors, batch.again), weights.rotation);
        }
        (total, parts)
    }
}

/// Rows of a matrix.
fn rows_of(x: &Tensor<2>, rows: impl Iterator<Item = usize>) -> Tensor<2> {
    let rows: Vec<i64> = rows.map(|r| r as i64).collect();
    let len = rows.len();
    x.clone().select(
        0,
        Tensor::<1, Int>::from_data(TensorData::new(rows, [len]), &x.device()),
    )
}

/// Cross-entropy of finding an image's other view among all views by its cosine; other rows of the same
/// image are no wrong answers.
fn nt_xent(x: Tensor<2>, batch: &Batch<'_>) -> Tensor<1> {
    let n = batch.rows.len();
    let device = x.device();
    let (mut never, mut wanted) = (vec![0.0f32; n * n], vec![0.0f32; n * n]);
    for i in 0..n {
        let other = (i + n / 2) % n;
        wanted[i * n + other] = 1.0;
        for j in 0..n {
            if j == i || (j != other && batch.rows[i] == batch.rows[j]) {
                never[i * n + j] = -1e9;
            }
        }
    }
    let square = |v: Vec<f32>| Tensor::<2>::from_data(TensorData::new(v, [n, n]), &device);
    let alike = x.clone().matmul(x.transpose()) / TEMPERATURE + square(never);
    -(log_softmax(alike, 1) * square(wanted)).sum() / n as f32
}

/// How far an image's two vectors point from each other: 2 − 2 cos, on average, seen from the middle of all (from
/// which alone a common part that says nothing would make any two agree).
fn disagreement(x: Tensor<2>, again: usize) -> Tensor<1> {
    let first_again = x.dims()[0] - again;
    let x = x.clone() - x.mean_dim(0);
    let x = x.clone() / (x.clone() * x).sum_dim(1).add_scalar(1e-12).sqrt();
    let off = x.clone().narrow(0, 0, again) - x.narrow(0, first_again, again);
    (off.clone() * off).sum() / again as f32
}
